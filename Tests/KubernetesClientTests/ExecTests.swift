import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import KubernetesClient

@Suite struct WebSocketFrameTests {
    @Test func theExampleOfTheRFCIsEncoded() {
        // RFC 6455, section 5.7: a masked "Hello".
        let frame = WebSocketFrame(opcode: .text, payload: Array("Hello".utf8))
        #expect(frame.encoded(mask: 0x37FA_213D) == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
    func framesOfAllLengthsAreReadFromAnyPieces(_ count: Int) throws {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let bytes = serverFrame(payload)
        var decoder = WebSocketDecoder()
        for piece in [bytes[..<1], bytes[1..<min(3, bytes.count)], bytes[min(3, bytes.count)...]] {
            decoder.feed(Array(piece))
        }
        let frame = try decoder.next()
        let more = try decoder.next()
        #expect(frame == WebSocketFrame(opcode: .binary, payload: payload) && more == nil)
    }

    @Test(
        arguments: [[0xF2, 0x00], [0x83, 0x00], [0x82, 0x80], [0x82, 0x7F, 0x7F, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]])
    func framesThatBreakTheProtocolAreRefused(_ bytes: [UInt8]) {
        var decoder = WebSocketDecoder()
        decoder.feed(bytes)
        #expect(throws: UnreadableAnswer.self) { try decoder.next() }
    }

    @Test func theHandshakeOfTheRFCIsAccepted() throws {
        let handshake = WebSocketHandshake(nonce: Array("the sample nonce".utf8), subprotocol: "chat")
        #expect(handshake.key == "dGhlIHNhbXBsZSBub25jZQ==")
        var head = HTTPResponseHead(
            status: 101,
            headers: ["Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Protocol": "chat"])
        try handshake.check(head)
        head.headers["Sec-WebSocket-Protocol"] = nil
        #expect(throws: UnreadableAnswer.self) { try handshake.check(head) }
    }
}

/// A frame as a server sends it: without a mask.
private func serverFrame(_ payload: [UInt8], opcode: WebSocketFrame.Opcode = .binary, isFinal: Bool = true) -> [UInt8] {
    var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode.rawValue]
    switch payload.count {
    case ..<126: bytes.append(UInt8(payload.count))
    case ..<65_536: bytes += [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: bytes += [127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    return bytes + payload
}

@Suite(.timeLimit(.minutes(20))) struct ExecTests {
    private func end(_ json: JSONValue) -> [UInt8] { serverFrame([3] + json.serializedUTF8()) }

    private func exec(_ server: ScriptedPeer, clock: TestClock = TestClock()) async throws -> ExecResult {
        try await testClient(ScriptedHTTPClient(replies: []), clock: clock).exec(
            ["sh", "-c", "echo a; b"], pod: "p", container: "base", over: server, timeout: .seconds(30))
    }

    @Test func outputsAndExitCodeAreCollected() async throws {
        let failed = status(500, reason: "NonZeroExitCode", message: "command terminated", causes: [("ExitCode", "3")])
        let frames =
            serverFrame([1]) + serverFrame([1] + Array("out".utf8)) + serverFrame([2] + Array("err".utf8))
            + serverFrame([], opcode: .ping) + serverFrame([1] + Array("pu".utf8), isFinal: false)
            + serverFrame(Array("t".utf8), opcode: .continuation) + end(failed)
        for size in [1, 7, 10_000] {
            let result = try await exec(ScriptedPeer(upgrade: true, frames, pieces: size))
            #expect(result == ExecResult(exitCode: 3, output: Array("output".utf8), errorOutput: Array("err".utf8)))
        }
        let peer = ScriptedPeer(upgrade: true, end(["kind": "Status", "status": "Success"]), pieces: 100)
        #expect(try await exec(peer).exitCode == 0)
        let target =
            "/api/v1/namespaces/ml/pods/p/exec?container=base&command=sh&command=-c&command=echo%20a%3B%20b&stdout=true&stderr=true"
        #expect(peer.head.hasPrefix("GET \(target) HTTP/1.1\r\nHost: api\r\n"))
        #expect(
            peer.head.contains("Sec-WebSocket-Protocol: v5.channel.k8s.io\r\n")
                && peer.head.contains("Authorization: Bearer one"))
    }

    @Test func aRefusalHasItsKind() async {
        let body = status(404, reason: "NotFound", message: "pods \"p\" not found").serialized()
        let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        #expect(
            await failure { _ = try await exec(ScriptedPeer(upgrade: false, Array(answer.utf8), pieces: 50)) }?.kind
                == .notFound)
    }

    @Test func anEndBeforeTheStatusIsAFailure() async {
        let error = await failure { _ = try await exec(ScriptedPeer(upgrade: true, serverFrame([1, 65]), pieces: 5)) }
        #expect(error?.isUnavailable == true && error?.message.contains("ended early") == true)
        let closed = await failure {
            _ = try await exec(ScriptedPeer(upgrade: true, serverFrame([3, 232], opcode: .close), pieces: 5))
        }
        #expect(closed?.message.contains("closed before") == true)
        let internalError = end(status(500, reason: "InternalError", message: "container not running"))
        let told = await failure { _ = try await exec(ScriptedPeer(upgrade: true, internalError, pieces: 500)) }
        #expect(told?.message.contains("container not running") == true)
    }

    @Test func itEndsAtItsTimeout() async {
        let clock = TestClock()
        async let error = failure {
            _ = try await exec(ScriptedPeer(upgrade: true, [], pieces: 1, stays: true), clock: clock)
        }
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(30))
        #expect(await error?.message.contains("no end within") == true)
    }
}

/// The other end of one connection: answers the first request.
private final class ScriptedPeer: ByteStreamConnector, ByteStream {
    let incoming: AsyncThrowingStream<[UInt8], any Error>
    private let output: AsyncThrowingStream<[UInt8], any Error>.Continuation
    private let sent = Mutex<[UInt8]>([])
    private let upgrade: Bool
    private let answer: [UInt8]
    private let pieces: Int
    private let stays: Bool

    init(upgrade: Bool, _ answer: [UInt8], pieces: Int, stays: Bool = false) {
        (self.upgrade, self.answer, self.pieces, self.stays) = (upgrade, answer, pieces, stays)
        (incoming, output) = AsyncThrowingStream.makeStream()
    }

    var head: String { sent.withLock { String(decoding: $0, as: UTF8.self) } }

    func connect(to url: String, limits: HTTPRequest.Limits) async throws(HTTPTransportError) -> any ByteStream { self }

    func send(_ bytes: [UInt8]) {
        let isFirst = sent.withLock { sent in
            defer { sent += bytes }
            return sent.isEmpty
        }
        guard isFirst else { return }
        var rest = (upgrade ? acceptance(String(decoding: bytes, as: UTF8.self)) : []) + answer
        while !rest.isEmpty {
            output.yield(Array(rest.prefix(pieces)))
            rest.removeFirst(min(pieces, rest.count))
        }
        if !stays { output.finish() }
    }

    func close() { output.finish() }

    private func acceptance(_ head: String) -> [UInt8] {
        let key = head.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") }?.dropFirst(19) ?? ""
        let accept = Base64.encode(SHA1.digest(Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
        return Array(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(accept)\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n"
                .utf8)
    }
}
