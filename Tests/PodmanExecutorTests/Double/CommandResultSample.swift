import ChildProcesses

/// Ends of commands.
enum CommandResultSample {
    static let notFound = CommandError(
        .notFound, program: "podman", message: "cannot start 'podman': No such file or directory")
    static let notStarted = CommandError(
        .notStarted, program: "podman", message: "cannot start 'podman': Resource temporarily unavailable")

    static func warning(_ text: String) -> CommandResult {
        CommandResult(exitCode: 0, output: Array("id\n".utf8), errorOutput: "\(text)\n")
    }
}
