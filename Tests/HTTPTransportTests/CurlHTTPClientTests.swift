import HTTPTransport
import Testing

@Suite struct CurlHTTPClientTests {
    @Test func sendsMethodFieldsAndBodyAndReadsTheAnswer() async throws {
        let server = try LoopbackServer { _, _ in answer("201 Created", ["X-Kind: a", "X-Kind: b"], body: "made") }
        defer { server.stop() }
        let request = HTTPRequest(
            method: "PUT", url: server.url, headers: ["X-Test": "1"], body: Array("{\"a\":1}".utf8))
        let response = try await CurlHTTPClient().send(request)
        #expect(response.head.status == 201)
        #expect(response.head.headers.fields.filter { $0.name == "X-Kind" }.map(\.value) == ["a", "b"])
        #expect(String(decoding: response.body, as: UTF8.self) == "made")
        #expect(server.requests.first?.line == "PUT /file.bin HTTP/1.1")
        #expect(server.requests.first?.fields["x-test"] == "1")
        #expect(server.requests.first?.body == "{\"a\":1}")
    }

    @Test func followsRedirectsAndReportsTheLastHeadOnly() async throws {
        let server = try LoopbackServer { number, _ in
            number == 0 ? answer("302 Found", ["Location: /other", "X-First: 1"]) : answer("200 OK", body: "there")
        }
        defer { server.stop() }
        let response = try await CurlHTTPClient().send(HTTPRequest(url: server.url))
        #expect(response.head.status == 200 && response.head.headers["X-First"] == nil)
        #expect(server.requests.map(\.line) == ["GET /file.bin HTTP/1.1", "GET /other HTTP/1.1"])
    }

    @Test func aBodyOverTheLimitIsRefused() async throws {
        let server = try LoopbackServer { _, _ in answer("200 OK", body: "12345") }
        defer { server.stop() }
        let error = await failure { _ = try await CurlHTTPClient().send(HTTPRequest(url: server.url), bodyLimit: 4) }
        #expect(error?.code == .tooLarge)
    }

    @Test func aConnectionThatEndsInTheBodyIsAFailure() async throws {
        let server = try LoopbackServer { _, _ in answer("200 OK", body: "123", length: 10) }
        defer { server.stop() }
        let error = await failure { _ = try await CurlHTTPClient().send(HTTPRequest(url: server.url)) }
        #expect(error?.code == .connectionFailed && error?.isTransient == true)
    }

    @Test func nobodyListeningIsATransientFailureThatNamesTheURL() async throws {
        let server = try LoopbackServer { _, _ in "" }
        server.stop()
        let url = server.url
        _ = await failure { _ = try await CurlHTTPClient().send(HTTPRequest(url: url)) }
        let error = await failure { _ = try await CurlHTTPClient().send(HTTPRequest(url: url)) }
        #expect(error?.isTransient == true && error?.message.contains(url) == true)
    }

    @Test(arguments: ["ftp://host/x", "file:///etc/hostname", "x"])
    func otherSchemesAreRefused(_ url: String) async throws {
        let error = await failure { _ = try await CurlHTTPClient().send(HTTPRequest(url: url)) }
        #expect(error?.code == .invalidURL)
    }

    @Test func aCancelledTaskEndsItsTransfer() async throws {
        let server = try LoopbackServer { _, _ in answer("200 OK", body: "x") }
        defer { server.stop() }
        let url = server.url
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await CurlHTTPClient().send(HTTPRequest(url: url))
        }
        let error = await failure { _ = try await task.value }
        #expect(error?.code == .cancelled)
    }

    private func failure(_ work: () async throws -> Void) async -> HTTPTransportError? {
        do {
            try await work()
            return nil
        } catch {
            return error as? HTTPTransportError
        }
    }
}
