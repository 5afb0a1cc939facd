import Glibc
import PipelineCore
import Synchronization

/// `BashOperator`. Source: apache-airflow-providers-standard `operators/bash.py`, `hooks/subprocess.py`.
struct BashOperation: NativeOperation {
    static let operatorClass = "airflow.providers.standard.operators.bash.BashOperator"

    private let command: String
    /// `nil`: the environment of `pipeline`.
    private let environment: [String: String]?
    private let appendsEnvironment: Bool
    private let workingDirectory: String?
    private let skipCodes: [Int]

    init(_ attributes: NativeAttributes) throws {
        command = try attributes.requiredString("bash_command")
        environment = try Self.environment(attributes)
        appendsEnvironment = attributes.bool("append_env", default: false)
        workingDirectory = attributes.string("cwd")
        let skip = attributes["skip_on_exit_code"]
        skipCodes = skip.intValue.map { [$0] } ?? skip.arrayValue?.compactMap(\.intValue) ?? []
    }

    func execute(_ context: NativeContext) async throws -> NativeResult {
        let last = try await run(context)
        if skipCodes.contains(Int(last.code)) {
            throw NativeFailure(.skip, "Bash command returned exit code \(last.code). Skipping.")
        }
        guard last.code == 0 else {
            throw NativeFailure(
                .failure, "Bash command failed. The command returned a non-zero exit code \(last.code).")
        }
        return NativeResult(returnValue: .string(last.line))
    }

    private func run(_ context: NativeContext) async throws -> (code: Int32, line: String) {
        if let workingDirectory { try Self.check(workingDirectory) }
        let folder = try TemporaryFolder(existing: workingDirectory)
        defer { folder.remove() }
        let log = SubprocessLog(context.log)
        let variables = AirflowVariables.of(context.launch)
        let request = ProcessRequest(
            command: ["bash", "-c", command], environment: childEnvironment(context, variables),
            workingDirectory: folder.path)
        log.begin("bash", command)
        let process = try ChildProcess(request) { log.append($0) }
        context.control.processStarted(process.pid)
        await context.started(process)
        let end = await process.wait()
        context.control.processEnded()
        let line = log.finish()
        context.log.write("Command exited with return code \(end.returnCode)", logger: SubprocessLog.logger)
        return (end.returnCode, line)
    }

    private func childEnvironment(_ context: NativeContext, _ variables: [String: String]) -> [String: String] {
        var result = environment ?? context.setup.environment
        if appendsEnvironment, let environment {
            result = context.setup.environment.merging(environment) { _, own in own }
        }
        return result.merging(variables) { _, airflow in airflow }
    }

    private static func environment(_ attributes: NativeAttributes) throws -> [String: String]? {
        let value = attributes["env"]
        if value.isNull { return nil }
        guard let object = value.objectValue else { throw attributes.failure("env", "a dictionary of texts") }
        return try Dictionary(
            uniqueKeysWithValues: object.map { name, value in
                guard let text = value.stringValue else { throw attributes.failure("env", "a dictionary of texts") }
                return (name, text)
            })
    }

    private static func check(_ folder: String) throws {
        var status = stat()
        guard stat(folder, &status) == 0 else { throw NativeFailure(.failure, "Can not find the cwd: \(folder)") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw NativeFailure(.failure, "The cwd \(folder) must be a directory")
        }
    }
}
