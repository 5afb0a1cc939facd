import PipelineCore

/// Cuts the runner's stream into frames: a 4-byte big-endian length, then a MessagePack array `[id, body, ...]`.
/// Source: Airflow `sdk/execution_time/comms.py` (`_RequestFrame`, `_ResponseFrame`).
struct RunnerFrames {
    /// A request of the runner.
    struct Request: Sendable, Hashable {
        var id: Int
        /// The message; `type` says which.
        var body: JSONValue

        var type: String { body["type"]?.stringValue ?? "" }
    }

    /// The longest frame that is read, so that a broken length does not ask for all memory.
    static let maximumLength = 256 << 20

    private var buffer: [UInt8] = []

    /// The frames that `bytes` complete.
    mutating func append(_ bytes: some Sequence<UInt8>) throws(MessagePack.DecodingError) -> [Request] {
        buffer += bytes
        var requests: [Request] = []
        var start = 0
        while buffer.count - start >= 4 {
            let length = buffer[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= Self.maximumLength else {
                throw .init(description: "a frame of \(length) bytes is longer than \(Self.maximumLength)")
            }
            guard buffer.count - start - 4 >= length else { break }
            requests.append(try Self.request(buffer[(start + 4)..<(start + 4 + length)]))
            start += 4 + length
        }
        buffer.removeFirst(start)
        return requests
    }

    private static func request(_ bytes: ArraySlice<UInt8>) throws(MessagePack.DecodingError) -> Request {
        let frame = try MessagePack.decode(bytes)
        guard let id = frame[0]?.intValue else { throw .init(description: "a frame without an id") }
        return Request(id: id, body: frame[1] ?? .null)
    }

    /// A whole frame with an answer to request `id`: a body, an error, or neither.
    static func response(_ id: Int, body: JSONValue = .null, error: JSONValue = .null) -> [UInt8] {
        let frame = MessagePack.encode([.int(id), body, error])
        return withUnsafeBytes(of: UInt32(frame.count).bigEndian, Array.init) + frame
    }
}
