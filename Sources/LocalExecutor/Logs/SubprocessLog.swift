import PipelineCore

/// What a program prints, line by line, in a task's log, in the words of Airflow's subprocess hook. Remembers the last
/// line, which is a Bash task's result.
final class SubprocessLog: Sendable {
    static let logger = "airflow.task.hooks.airflow.providers.standard.hooks.subprocess.SubprocessHook"

    private let log: TaskLog
    private let output: OutputLog

    init(_ log: TaskLog) {
        self.log = log
        output = OutputLog(isFull: { log.isFull }) { log.write($0, logger: Self.logger) }
    }

    func say(_ event: String) { log.write(event, logger: Self.logger) }

    func begin(_ command: [String], temporaryRoot: String) {
        say("Tmp dir root location: \(temporaryRoot)")
        say("Running command: \(JSONValue.array(command.map(JSONValue.string)).pythonText)")
    }

    func append(_ bytes: ArraySlice<UInt8>) { output.append(bytes) }

    /// Ends the output; the last line.
    func finish() -> OutputLog.LastLine { output.finish() }
}
