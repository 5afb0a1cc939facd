import ChildProcesses

/// A command of podman's that came to nothing.
struct PodmanError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The first words of the command: the rest may hold secrets.
    let command: String
    /// `nil`: podman did not run to its end.
    let exitCode: Int?
    let message: String
    /// The program is not there.
    let isMissing: Bool

    init(_ arguments: [String], _ result: CommandResult) {
        command = Self.command(arguments)
        exitCode = result.exitCode
        message = Self.text(result)
        isMissing = false
    }

    init(_ arguments: [String], _ error: CommandError) {
        command = Self.command(arguments)
        exitCode = nil
        message = error.message
        isMissing = error.code == .notFound
    }

    /// - Parameter isFinal: podman ran to its end, and would say the same again.
    init(_ arguments: [String], _ message: String, isFinal: Bool = true) {
        command = Self.command(arguments)
        exitCode = isFinal ? 0 : nil
        self.message = message
        isMissing = false
    }

    /// podman has done what it was asked to, and what came of it is not what was wanted: it stays so.
    var isFinal: Bool { exitCode == 0 }

    var description: String { "\(command): \(message)" }

    private static func command(_ arguments: [String]) -> String {
        let words = arguments.prefix(2).prefix { !$0.hasPrefix("-") }
        return ([Podman.program] + words).joined(separator: " ")
    }

    /// The last that was said, without podman's own word for it.
    private static func text(_ result: CommandResult) -> String {
        let lines = result.errorOutput.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
        guard let last = lines.last else { return "ended with exit code \(result.exitCode)" }
        let word = "Error: "
        return String(last.hasPrefix(word) ? last.dropFirst(word.count) : last)
    }
}
