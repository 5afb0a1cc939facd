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
    /// A task that is cancelled ends the program with TERM, and still gets its result.
    /// - Parameter environment: laid over that of this process.
    /// - Throws: ``CommandError`` where it cannot be started, prints too much or takes too long.
    func run(
        _ command: String, _ arguments: [String], environment: [String: String]
    ) async throws(CommandError) -> CommandResult
}

/// Runs programs whose output is worth having before they end.
package protocol StreamingCommandRunner: CommandRunner {
    /// A task that is cancelled ends the program with TERM, and still gets its result.
    /// - Parameter output: gets what the program prints, in order, on a thread of the runner's: it must be quick.
    /// - Returns: the result without the output; of the errors, the beginning.
    /// - Throws: ``CommandError`` where it cannot be started.
    func stream(
        _ command: String, _ arguments: [String], environment: [String: String],
        output: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) async throws(CommandError) -> CommandResult
}

/// Why there is no result of a program.
package struct CommandError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// There is no such program, or it is none that this user may run.
        case notFound
        /// The system could not start it now: memory, processes or descriptors are used up.
        case notStarted
        /// It took too long.
        case overdue
        /// It printed more than is kept.
        case tooMuchOutput
    }

    package var code: Code
    package var program: String
    package var message: String

    package init(_ code: Code, program: String, message: String) {
        self.code = code
        self.program = program
        self.message = message
    }

    package var description: String { "\(program): \(message)" }
}
