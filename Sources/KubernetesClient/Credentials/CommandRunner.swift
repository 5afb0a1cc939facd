/// What a program that ran to its end left.
package struct CommandResult: Sendable, Hashable {
    /// 128 plus the signal's number where one ended it.
    package var exitCode: Int
    package var output: [UInt8]
    package var errorOutput: String

    package init(exitCode: Int, output: [UInt8], errorOutput: String = "") {
        self.exitCode = exitCode
        self.output = output
        self.errorOutput = errorOutput
    }
}

/// Runs a program and collects what it prints. The seam to other processes.
package protocol CommandRunner: Sendable {
    /// - Parameter environment: laid over that of this process.
    /// - Throws: ``KubernetesConfigurationError`` where it cannot be started, prints too much or takes too long.
    func run(
        _ command: String, _ arguments: [String], environment: [String: String]
    ) async throws(KubernetesConfigurationError) -> CommandResult
}
