import Synchronization

/// Cuts a stream of bytes into lines. A line longer than the bound is handed on in pieces, so that a program that
/// prints gigabytes without a newline costs no memory.
final class LineSplitter: Sendable {
    private let maximumLength: Int
    private let line: @Sendable (ArraySlice<UInt8>) -> Void
    private let rest = Mutex<[UInt8]>([])

    init(maximumLength: Int, line: @escaping @Sendable (ArraySlice<UInt8>) -> Void) {
        self.maximumLength = maximumLength
        self.line = line
    }

    func append(_ bytes: ArraySlice<UInt8>) {
        rest.withLock { rest in
            var bytes = bytes
            while let end = bytes.firstIndex(of: 0x0A) {
                rest += bytes[..<end]
                line(rest[...])
                rest.removeAll(keepingCapacity: true)
                bytes = bytes[(end + 1)...]
            }
            rest += bytes
            if rest.count >= maximumLength {
                line(rest[...])
                rest.removeAll(keepingCapacity: true)
            }
        }
    }

    /// The last line, if it had no newline.
    func finish() {
        rest.withLock { rest in
            if !rest.isEmpty { line(rest[...]) }
            rest = []
        }
    }
}
