import HTTPTransport
import PipelineTestSupport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(20))) struct CurlMultiClientTests {
    @Test func sendsMethodFieldsAndBodyAndReadsTheAnswer() async throws {
        let server = try LoopbackServer { _, _ in answer("201 Created", ["X-Kind: a", "X-Kind: b"], body: "made") }
        defer { server.stop() }
        let request = HTTPRequest(
            method: "POST", url: server.url, headers: ["X-Test": "1"], body: Array("{\"a\":1}".utf8))
        let response = try await CurlMultiClient().send(request)
        #expect(response.head.status == 201)
        #expect(response.head.headers.fields.filter { $0.name == "X-Kind" }.map(\.value) == ["a", "b"])
        #expect(String(decoding: response.body, as: UTF8.self) == "made")
        #expect(server.requests.first?.line == "POST /file.bin HTTP/1.1")
        #expect(server.requests.first?.fields["x-test"] == "1")
        #expect(server.requests.first?.body == "{\"a\":1}")
    }

    @Test func anEmptyBodyIsSentAsOne() async throws {
        let server = try LoopbackServer { _, _ in answer("200 OK") }
        defer { server.stop() }
        _ = try await CurlMultiClient().send(HTTPRequest(method: "POST", url: server.url, body: []))
        #expect(server.requests.first?.fields["content-length"] == "0")
    }

    @Test func transfersRunAtOnceWhileStreamsStayOpen() async throws {
        let server = try StreamingServer { connection in
            while let head = connection.readHead() {
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                connection.sendChunk("first")
                if head.hasPrefix("GET /stream") { return connection.waitForEnd() }
                connection.send("0\r\n\r\n")
            }
        }
        defer { server.stop() }
        let client = try CurlMultiClient()
        let url = server.url
        try await withThrowingTaskGroup(of: Void.self) { group in
            let probes = (0..<20).map { _ in StreamProbe() }
            for probe in probes {
                group.addTask { _ = try await client.perform(HTTPRequest(url: url + "stream"), receiver: probe) }
            }
            for probe in probes { await probe.wait(forBytes: 5) }
            let response = try await client.send(HTTPRequest(url: url + "short"))
            #expect(String(decoding: response.body, as: UTF8.self) == "first")
            group.cancelAll()
            await #expect(throws: HTTPTransportError.self) { try await group.waitForAll() }
        }
    }

    @Test func aKeptAliveConnectionServesTheNextRequest() async throws {
        let server = try StreamingServer { connection in
            while connection.readHead() != nil { connection.send(keptAlive("ok")) }
        }
        defer { server.stop() }
        let client = try CurlMultiClient()
        for _ in 0..<5 { _ = try await client.send(HTTPRequest(url: server.url)) }
        #expect(server.connections == 1)
    }

    @Test func aCancelledStreamClosesItsConnectionAndTheClientLivesOn() async throws {
        let (ended, isEnded) = AsyncStream<Void>.makeStream()
        let server = try StreamingServer { connection in
            guard let head = connection.readHead() else { return }
            if head.hasPrefix("GET /short") {
                connection.send(keptAlive("ok"))
            } else {
                connection.send("HTTP/1.1 200 OK\r\n\r\nfirst")
            }
            connection.waitForEnd()
            isEnded.yield()
        }
        defer { server.stop() }
        let client = try CurlMultiClient()
        let probe = StreamProbe()
        let url = server.url
        let task = Task { try await client.perform(HTTPRequest(url: url), receiver: probe) }
        await probe.wait(forBytes: 5)
        task.cancel()
        #expect(await failure { _ = try await task.value }?.code == .cancelled)
        // The server sees the end, which it would not while libcurl keeps the connection.
        _ = await ended.first { _ in true }
        #expect(try await client.send(HTTPRequest(url: url + "short")).head.status == 200)
    }

    @Test func aTaskThatIsCancelledAlreadySendsNothing() async throws {
        let server = try LoopbackServer { _, _ in answer("200 OK") }
        defer { server.stop() }
        let client = try CurlMultiClient()
        let url = server.url
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(HTTPRequest(url: url))
        }
        #expect(await failure { _ = try await task.value }?.code == .cancelled)
        #expect(server.requests.isEmpty)
    }

    @Test func aChunkedBodyWithoutItsEndIsAFailure() async throws {
        let server = try StreamingServer { connection in
            _ = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.sendChunk("half")
        }
        defer { server.stop() }
        let probe = StreamProbe()
        let client = try CurlMultiClient()
        let error = await failure { _ = try await client.perform(HTTPRequest(url: server.url), receiver: probe) }
        #expect(error?.code == .connectionFailed && probe.text == "half")
    }

    @Test func aConnectionThatIsResetIsAFailure() async throws {
        let server = try StreamingServer { connection in
            _ = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            connection.reset()
        }
        defer { server.stop() }
        let client = try CurlMultiClient()
        #expect(await failure { _ = try await client.send(HTTPRequest(url: server.url)) }?.isTransient == true)
    }

    @Test func aReceiverThatThrowsEndsItsTransferOnly() async throws {
        let server = try StreamingServer { connection in
            while connection.readHead() != nil { connection.send(keptAlive("12345")) }
        }
        defer { server.stop() }
        let client = try CurlMultiClient()
        let url = server.url
        #expect(await failure { _ = try await client.send(HTTPRequest(url: url), bodyLimit: 4) }?.code == .tooLarge)
        #expect(try await client.send(HTTPRequest(url: url)).body.count == 5)
    }

    @Test func nobodyListeningIsATransientFailureThatNamesTheURL() async throws {
        let server = try StreamingServer { _ in }
        server.stop()
        let client = try CurlMultiClient()
        _ = await failure { _ = try await client.send(HTTPRequest(url: server.url)) }
        let error = await failure { _ = try await client.send(HTTPRequest(url: server.url)) }
        #expect(error?.isTransient == true && error?.message.contains(server.url) == true)
    }

    @Test func theProxyOfTheSettingsIsAsked() async throws {
        let server = try LoopbackServer { _, _ in answer("200 OK", body: "by proxy") }
        defer { server.stop() }
        let proxy = "http://127.0.0.1:\(server.port)"
        let client = try CurlMultiClient(HTTPClientSettings(proxy: .url(proxy)))
        let response = try await client.send(HTTPRequest(url: "http://cluster.example/version"))
        #expect(String(decoding: response.body, as: UTF8.self) == "by proxy")
        #expect(server.requests.first?.line == "GET http://cluster.example/version HTTP/1.1")
    }

    @Test func twoHundredTransfersAtOnceAllEnd() async throws {
        let server = try StreamingServer { connection in
            while let head = connection.readHead() { connection.send(keptAlive(String(head.prefix { $0 != "\r\n" }))) }
        }
        defer { server.stop() }
        let client = try CurlMultiClient()
        let url = server.url
        let lines = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<200 {
                group.addTask {
                    String(decoding: try await client.send(HTTPRequest(url: url + "\(number)")).body, as: UTF8.self)
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(lines == Set((0..<200).map { "GET /\($0) HTTP/1.1" }))
    }
}

/// An answer after which the connection stays open.
func keptAlive(_ body: String) -> String { "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)" }

/// The transport error that `work` ends with.
func failure(_ work: () async throws -> Void) async -> HTTPTransportError? {
    do {
        try await work()
        return nil
    } catch {
        return error as? HTTPTransportError
    }
}
