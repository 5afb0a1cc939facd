import Glibc

/// Standard output and standard error. Data goes to the first, everything for people to the second.
enum Terminal {
    static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Colour only on a terminal, and not where `NO_COLOR` (no-color.org) asks for none.
    static var usesColour: Bool { errorIsTerminal && getenv("NO_COLOR") == nil }

    /// The same for what is printed as a result.
    static var outputUsesColour: Bool { isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil }

    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || (count < 0 && errno == EINTR) else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }

    /// Ends the program without any further ado.
    static func exitNow(_ code: Int32) -> Never { _exit(code) }
}
