import Glibc

/// Standard output and standard error. Data goes to the first, everything for people to the second.
enum Terminal {
    static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// The columns of the terminal behind standard error; `nil` where lines cannot be changed in place.
    static var liveColumns: Int? {
        guard errorIsTerminal, getenv("TERM").map({ String(cString: $0) }) != "dumb" else { return nil }
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return nil }
        return Int(size.ws_col)
    }

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
