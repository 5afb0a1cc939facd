package import HTTPTransport
import PipelineCore
import Synchronization

extension KubernetesDouble {
    /// Opens connections to the double in memory, for commands in containers.
    package var connector: any ByteStreamConnector { InMemoryConnector(double: self) }
}

private struct InMemoryConnector: ByteStreamConnector {
    let double: KubernetesDouble

    func connect(to url: String, limits: HTTPRequest.Limits) async throws(HTTPTransportError) -> any ByteStream {
        InMemoryStream(double)
    }
}

/// One connection: the first thing that is sent is a request, and what comes back is its answer.
private final class InMemoryStream: ByteStream, ExchangeSink {
    let incoming: AsyncThrowingStream<[UInt8], any Error>
    private let output: AsyncThrowingStream<[UInt8], any Error>.Continuation
    private let double: KubernetesDouble
    private let state = Mutex<(key: String?, exchange: Int?)>((nil, nil))

    init(_ double: KubernetesDouble) {
        self.double = double
        (incoming, output) = AsyncThrowingStream.makeStream()
    }

    /// What comes after the request are answers to pings, which the double does not send.
    func send(_ bytes: [UInt8]) {
        guard let request = Self.request(bytes) else { return }
        state.withLock { $0.key = request.headers["Sec-WebSocket-Key"] }
        let exchange = double.open(request, client: 0, sink: self)
        state.withLock { $0.exchange = exchange }
    }

    func close() {
        if let exchange = state.withLock({ $0.exchange }) { double.close(exchange) }
        output.finish()
    }

    func receive(_ part: ExchangeOutput.Part) {
        switch part {
        case .head(let head): output.yield(bytes(of: head))
        case .bytes(let bytes): output.yield(bytes)
        case .end: output.finish()
        case .failure(let code): output.finish(throwing: HTTPTransportError(code, "the connection broke"))
        }
    }

    private func bytes(of head: HTTPResponseHead) -> [UInt8] {
        var fields = head.headers.fields.map { "\($0.name): \($0.value)" }
        if head.status == 101, let key = state.withLock({ $0.key }) {
            let digest = SHA1.digest(Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
            // The same letters as Base 64's with the URL alphabet, but for two.
            let accept = Base64URL.encode(digest).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
            fields += ["Sec-WebSocket-Accept: \(String(accept))", "Sec-WebSocket-Protocol: v5.channel.k8s.io"]
        }
        return Array("HTTP/1.1 \(head.status) Answer\r\n\(fields.joined(separator: "\r\n"))\r\n\r\n".utf8)
    }

    private static func request(_ bytes: [UInt8]) -> HTTPRequest? {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, first.hasPrefix("GET "), first.hasSuffix(" HTTP/1.1") else { return nil }
        var request = HTTPRequest(url: KubernetesDouble.url + first.dropFirst(4).dropLast(9))
        for line in lines.dropFirst() {
            guard let colon = line.firstRange(of: ": ") else { continue }
            request.headers.append(String(line[..<colon.lowerBound]), String(line[colon.upperBound...]))
        }
        return request
    }
}
