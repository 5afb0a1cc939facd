/// Cuts a stream of bytes into lines, wherever its pieces begin and end.
struct LineSplitter {
    /// A line that is longer than the limit.
    struct TooLong: Error {
        var limit: Int
    }

    private let limit: Int
    private var rest: [UInt8] = []

    /// - Parameter limit: bytes of a line at most.
    init(limit: Int) { self.limit = limit }

    /// Hands each line that `chunk` completes to `emit`, without its end (`\n` or `\r\n`).
    mutating func feed(_ chunk: UnsafeRawBufferPointer, _ emit: ([UInt8]) throws -> Void) throws {
        var start = 0
        while let end = chunk[start...].firstIndex(of: 0x0A) {
            rest.append(contentsOf: chunk[start..<end])
            let line = rest
            rest = []
            try emit(line.last == 0x0D ? line.dropLast() : line)
            start = end + 1
        }
        guard rest.count + chunk.count - start <= limit else { throw TooLong(limit: limit) }
        rest.append(contentsOf: chunk[start...])
    }

    /// What came after the last line's end.
    var remainder: [UInt8] { rest }
}
