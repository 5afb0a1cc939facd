import HTTPTransport
import PipelineTestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct CurlByteStreamTests {
    @Test func bytesTravelBothWaysUntilThePeerEnds() async throws {
        let server = try StreamingServer { connection in
            connection.send("hello ")
            if let bytes = connection.read(4) { connection.send(Array(bytes.reversed())) }
        }
        defer { server.stop() }
        let stream = try await CurlByteStreamConnector().connect(to: server.url, limits: HTTPRequest.Limits())
        stream.send(Array("abcd".utf8))
        var received: [UInt8] = []
        for try await bytes in stream.incoming { received += bytes }
        #expect(String(decoding: received, as: UTF8.self) == "hello dcba")
    }

    @Test func manyBytesAreSentInOrder() async throws {
        let sent = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let server = try StreamingServer { connection in
            if let bytes = connection.read(sent.count) { connection.send(bytes) }
        }
        defer { server.stop() }
        let stream = try await CurlByteStreamConnector().connect(to: server.url, limits: HTTPRequest.Limits())
        stream.send(sent)
        var received: [UInt8] = []
        for try await bytes in stream.incoming { received += bytes }
        #expect(received == sent)
    }

    @Test func closingEndsBothSides() async throws {
        let (ended, isEnded) = AsyncStream<Void>.makeStream()
        let server = try StreamingServer { connection in
            connection.waitForEnd()
            isEnded.yield()
        }
        defer { server.stop() }
        let stream = try await CurlByteStreamConnector().connect(to: server.url, limits: HTTPRequest.Limits())
        stream.close()
        for try await _ in stream.incoming { Issue.record("nothing was sent") }
        _ = await ended.first { _ in true }
    }

    @Test func nobodyListeningIsAnError() async throws {
        let server = try StreamingServer { _ in }
        server.stop()
        let url = server.url
        let connector = CurlByteStreamConnector()
        _ = await failure { _ = try await connector.connect(to: url, limits: HTTPRequest.Limits()) }
        let error = await failure { _ = try await connector.connect(to: url, limits: HTTPRequest.Limits()) }
        #expect(error?.isTransient == true)
    }
}
