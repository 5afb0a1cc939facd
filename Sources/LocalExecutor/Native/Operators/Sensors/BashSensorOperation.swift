import ChildProcesses
import Glibc
import PipelineCore

/// `BashSensor`. Source: apache-airflow-providers-standard `sensors/bash.py`.
struct BashSensorOperation: SensorOperation {
    static let operatorClass = "airflow.providers.standard.sensors.bash.BashSensor"
    static let templateFields = ["bash_command", "env"]
    static let needsProcess = true

    let settings: SensorSettings
    private let command: String
    private let environment: BashEnvironment?
    private let retryCode: Int?

    init(_ attributes: NativeAttributes) throws {
        settings = try SensorSettings(attributes)
        command = try attributes.requiredString("bash_command")
        environment = try BashEnvironment(attributes)
        retryCode = attributes["retry_exit_code"].intValue
    }

    static func pythonReason(_ attributes: NativeAttributes, _ launch: TaskLaunch) -> String? {
        BashEnvironment.pythonReason(attributes)
    }

    func poke(_ context: NativeContext) async throws -> Bool {
        let code = try await run(context)
        if code == 0 { return true }
        if let retryCode {
            guard Int(code) == retryCode else {
                throw NativeFailure(.final, "Command exited with return code \(code)")
            }
            context.say("Return code matches retry code, will retry later")
        } else {
            context.say("Non-zero return code and no retry code set, will retry later")
        }
        return false
    }

    private func run(_ context: NativeContext) async throws -> Int32 {
        let root = TemporaryFolder.root(context.setup.environment)
        context.say("Tmp dir root location: \(root)")
        let folder = try TemporaryFolder(existing: nil, root: root)
        defer { folder.remove() }
        let script = "\(folder.path)/\(context.launch.task.id)\(TemporaryFolder.randomLetters())"
        try SmallFile.write(Array(command.utf8), to: script)
        // The stock sensor joins the folder with the whole path, and so says it twice.
        context.say("Temporary script location: \(folder.path)/\(script)")
        context.say("Running command: \(command)")
        let environment =
            try environment?.texts()
            ?? context.setup.environment.merging(AirflowVariables.of(context.launch)) { _, airflow in airflow }
        let bash = ExecutablePath.find("bash", in: environment) ?? "bash"
        let log = OutputLog(isFull: { [log = context.log] in log.isFull }) { context.say(PythonText.stripped($0)) }
        let end = try await context.run(
            ProcessRequest(command: [bash, script], environment: environment, workingDirectory: folder.path),
            didStart: { context.say("Output:") }, output: { log.append($0) })
        log.finish()
        if context.isEnding { throw CancellationError() }
        context.say("Command exited with return code \(end.returnCode)")
        return end.returnCode
    }
}
