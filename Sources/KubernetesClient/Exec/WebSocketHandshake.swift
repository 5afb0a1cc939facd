import HTTPTransport
import PipelineCore

/// The HTTP exchange that a WebSocket begins with (RFC 6455, section 4).
struct WebSocketHandshake {
    /// Bytes of the answer's head at most.
    private static let headLimit = 64 << 10
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    let key: String
    let subprotocol: String

    /// - Parameter nonce: sixteen bytes.
    init(nonce: [UInt8], subprotocol: String) {
        key = Base64.encode(nonce)
        self.subprotocol = subprotocol
    }

    /// The request as it is sent.
    func request(_ call: HTTPRequest) -> [UInt8] {
        let rest = call.url.firstRange(of: "://").map { call.url[$0.upperBound...] } ?? call.url[...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest[authority.endIndex...]
        var lines = [
            "GET \(target.hasPrefix("/") ? target : "/\(target)") HTTP/1.1", "Host: \(authority)", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(key)",
            "Sec-WebSocket-Protocol: \(subprotocol)",
        ]
        lines += call.headers.fields.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The head of the answer and what came behind it; `nil` while it is not complete.
    static func head(in bytes: [UInt8]) throws(UnreadableAnswer) -> (head: HTTPResponseHead, rest: [UInt8])? {
        guard let end = bytes.firstRange(of: [0x0D, 0x0A, 0x0D, 0x0A]) else {
            guard bytes.count <= headLimit else { throw UnreadableAnswer("the answer's head has no end") }
            return nil
        }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let parts = lines.first?.split(separator: " ") ?? []
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]) else {
            throw UnreadableAnswer("the answer is not HTTP")
        }
        var head = HTTPResponseHead(status: status)
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = ConfigurationFile.trimmed(String(line[line.index(after: colon)...]))
            head.headers.append(String(line[..<colon]), value)
        }
        return (head, Array(bytes[end.upperBound...]))
    }

    /// Whether a 101 is the answer to this very request.
    func check(_ head: HTTPResponseHead) throws(UnreadableAnswer) {
        let expected = Base64.encode(SHA1.digest(Array((key + Self.suffix).utf8)))
        guard head.headers["Sec-WebSocket-Accept"] == expected else {
            throw UnreadableAnswer("the server's Sec-WebSocket-Accept does not fit")
        }
        guard head.headers["Sec-WebSocket-Protocol"] == subprotocol else {
            throw UnreadableAnswer("the server does not speak \(subprotocol)")
        }
    }
}
