import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(20))) struct TLSTests {
    @Test func theAuthorityIsTrustedAndTheClientNamedByDataOrFile() async throws {
        let peer = try TLSPeer(name: "localhost", asksForCertificate: true)
        defer { peer.stop() }
        let folder = peer.folder
        let data = TLSSettings(
            authorities: .data(folder.bytes("ca.crt")), clientCertificate: .data(folder.bytes("client.crt")),
            clientKey: .data(folder.bytes("client.key")))
        let file = TLSSettings(
            authorities: .file(folder.path + "/ca.crt"), clientCertificate: .file(folder.path + "/client.crt"),
            clientKey: .file(folder.path + "/client.key"))
        for settings in [data, file] {
            #expect(try await answer(of: peer, settings).contains("|pipeline|"))
        }
        let anonymous = TLSSettings(authorities: .data(folder.bytes("ca.crt")))
        await #expect(throws: HTTPTransportError.self) { try await self.answer(of: peer, anonymous) }
    }

    @Test func aServerOfAnotherAuthorityIsRefusedUnlessItIsNotChecked() async throws {
        let peer = try TLSPeer(name: "localhost")
        defer { peer.stop() }
        let error = await failure { _ = try await answer(of: peer, TLSSettings()) }
        #expect(error?.code == .tlsFailed && error?.isTransient == false)
        #expect(try await answer(of: peer, TLSSettings(verifiesServer: false)).contains("GET /version"))
    }

    @Test func aServerIsCheckedForTheNameOfTheSettings() async throws {
        let peer = try TLSPeer(name: "kubernetes.example", isForLoopback: false)
        defer { peer.stop() }
        var settings = TLSSettings(authorities: .data(peer.folder.bytes("ca.crt")))
        #expect(await failure { _ = try await answer(of: peer, settings) }?.code == .tlsFailed)
        settings.serverName = "kubernetes.example"
        let text = try await answer(of: peer, settings)
        #expect(text == "http/1.1|-|kubernetes.example|GET /version HTTP/1.1|Host: 127.0.0.1:\(peer.port)")
    }

    @Test(arguments: ["-", "http/1.1"])
    func manyTransfersDoNotWaitForEachOtherWithoutHTTP2(_ protocols: String) async throws {
        let peer = try TLSPeer(name: "localhost", protocols: protocols)
        defer { peer.stop() }
        let settings = TLSSettings(authorities: .data(peer.folder.bytes("ca.crt")))
        let client = try CurlMultiClient(HTTPClientSettings(tls: settings))
        let url = "https://127.0.0.1:\(peer.port)/"
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 { group.addTask { try await client.send(HTTPRequest(url: url)).head.status } }
            for try await status in group { #expect(status == 200) }
        }
    }

    @Test func aByteStreamSpeaksHTTP1OverTLS() async throws {
        let peer = try TLSPeer(name: "localhost", protocols: "h2,http/1.1")
        defer { peer.stop() }
        let settings = HTTPClientSettings(tls: TLSSettings(authorities: .data(peer.folder.bytes("ca.crt"))))
        let stream = try await CurlByteStreamConnector(settings).connect(
            to: "https://127.0.0.1:\(peer.port)/", limits: HTTPRequest.Limits())
        stream.send(Array("GET /exec HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        var received: [UInt8] = []
        for try await bytes in stream.incoming {
            received += bytes
            if String(decoding: received, as: UTF8.self).hasSuffix("Host: a") { break }
        }
        #expect(String(decoding: received, as: UTF8.self).hasSuffix("http/1.1|-|-|GET /exec HTTP/1.1|Host: a"))
    }

    @Test(arguments: [
        ("https://10.0.0.1/api?x=1", "https://name:443/api?x=1", "name:443:10.0.0.1:443", "10.0.0.1"),
        ("https://[::1]:6443", "https://name:6443", "name:6443:[::1]:6443", "[::1]:6443"),
        ("http://10.0.0.1/", "http://10.0.0.1/", nil, nil),
    ])
    func aRouteExchangesTheHostOnly(_ url: String, _ shown: String, _ place: String?, _ host: String?) {
        let route = CurlRoute(url: url, serverName: "name")
        #expect(route.url == shown && route.connectTo == place && route.host == host)
    }

    private func answer(of peer: TLSPeer, _ tls: TLSSettings) async throws -> String {
        let client = try CurlMultiClient(HTTPClientSettings(tls: tls))
        let response = try await client.send(HTTPRequest(url: "https://127.0.0.1:\(peer.port)/version"))
        return String(decoding: response.body, as: UTF8.self)
    }
}
