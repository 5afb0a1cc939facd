/// Reads a log with stamps from pieces of any size.
struct LogParser {
    /// A line longer than this is delivered in pieces. The runtime itself cuts at 16 KiB, the kubelet puts together
    /// again.
    static let lineLimit = 256 << 10
    /// The longest stamp and its blank.
    private static let stampLimit = 40

    private var rest: [UInt8] = []
    /// The stamp of a line that is being delivered in pieces.
    private var openStamp: LogStamp?

    /// One piece of a log.
    enum Piece: Hashable {
        /// The first, or only, piece of a line.
        case line(LogEntry)
        /// More of the line before.
        case continuation(LogEntry)
        /// A line without a stamp: the kubelet writes its own troubles into the stream.
        case bare(LogEntry)
    }

    mutating func feed(_ chunk: UnsafeRawBufferPointer, _ emit: (Piece) throws -> Void) rethrows {
        var start = 0
        while start < chunk.count {
            let end = chunk[start...].firstIndex(of: 0x0A) ?? chunk.count
            rest.append(contentsOf: chunk[start..<end])
            if end < chunk.count {
                try emitLine(isCut: false, emit)
            } else if rest.count > Self.lineLimit {
                try emitLine(isCut: true, emit)
            }
            start = end + 1
        }
    }

    /// Something came after the last line's end.
    var isLineOpen: Bool { !rest.isEmpty || openStamp != nil }

    /// What came after the last line's end; complete only where the log is.
    mutating func finish(_ emit: (Piece) throws -> Void) rethrows {
        if !rest.isEmpty { try emitLine(isCut: false, emit) }
    }

    private mutating func emitLine(isCut: Bool, _ emit: (Piece) throws -> Void) rethrows {
        let line = rest
        rest = []
        if let stamp = openStamp {
            if !isCut { openStamp = nil }
            return try emit(.continuation(LogEntry(stamp: stamp, bytes: line, isCut: isCut)))
        }
        guard let (stamp, text) = Self.split(line) else {
            return try emit(.bare(LogEntry(stamp: LogStamp(seconds: 0), bytes: line, isCut: isCut)))
        }
        if isCut { openStamp = stamp }
        try emit(.line(LogEntry(stamp: stamp, bytes: text, isCut: isCut)))
    }

    private static func split(_ line: [UInt8]) -> (LogStamp, [UInt8])? {
        let head = line.prefix(stampLimit)
        let end = head.firstIndex(of: 0x20) ?? head.endIndex
        guard let stamp = LogStamp(Substring(String(decoding: line[..<end], as: UTF8.self))) else { return nil }
        return (stamp, Array(line[end...].dropFirst()))
    }
}
