/// One frame of RFC 6455.
struct WebSocketFrame: Hashable {
    enum Opcode: UInt8, Sendable {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    var opcode: Opcode
    var isFinal = true
    var payload: [UInt8]

    /// As a client sends it: masked.
    func encoded(mask: UInt32) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode.rawValue]
        switch payload.count {
        case ..<126: bytes.append(0x80 | UInt8(payload.count))
        case ..<65_536: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let key = (0..<4).map { UInt8(truncatingIfNeeded: mask >> (24 - 8 * UInt32($0))) }
        bytes += key
        bytes += payload.enumerated().map { $1 ^ key[$0 & 3] }
        return bytes
    }
}

/// Reads the frames that a server sends, from pieces of any size.
struct WebSocketDecoder {
    /// Bytes of a frame at most.
    static let frameLimit = 16 << 20

    private var bytes: [UInt8] = []

    mutating func feed(_ chunk: [UInt8]) { bytes += chunk }

    /// The next frame that is complete.
    /// - Throws: where the bytes break the protocol.
    mutating func next() throws(UnreadableAnswer) -> WebSocketFrame? {
        guard bytes.count >= 2 else { return nil }
        guard bytes[0] & 0x70 == 0, let opcode = WebSocketFrame.Opcode(rawValue: bytes[0] & 15) else {
            throw UnreadableAnswer("a WebSocket frame with reserved bits or an unknown opcode")
        }
        guard bytes[1] & 0x80 == 0 else { throw UnreadableAnswer("a WebSocket frame of a server that is masked") }
        guard let (length, start) = try length() else { return nil }
        guard bytes.count >= start + length else { return nil }
        defer { bytes.removeFirst(start + length) }
        return WebSocketFrame(
            opcode: opcode, isFinal: bytes[0] & 0x80 != 0, payload: Array(bytes[start..<start + length]))
    }

    private func length() throws(UnreadableAnswer) -> (length: Int, start: Int)? {
        let short = Int(bytes[1] & 127)
        let width = short < 126 ? 0 : short == 126 ? 2 : 8
        guard bytes.count >= 2 + width else { return nil }
        let length = width == 0 ? UInt64(short) : bytes[2..<2 + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.frameLimit) else {
            throw UnreadableAnswer("a WebSocket frame of \(length) bytes; \(Self.frameLimit) are allowed")
        }
        return (Int(length), 2 + width)
    }
}
