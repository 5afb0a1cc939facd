import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Testing

@testable import KubernetesClient

/// The same client over real sockets: slow servers, cut and half-closed connections.
@Suite(.timeLimit(.minutes(20))) struct LoopbackTests {
    private func client(_ server: StreamingServer, clock: TestClock) throws -> KubernetesAPI {
        KubernetesAPI(
            server: "http://127.0.0.1:\(server.port)", namespace: "ml", http: try CurlMultiClient(), clock: clock,
            seed: 1)
    }

    private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    private static func answer(_ json: JSONValue) -> String {
        let text = json.serialized()
        return "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
    }

    @Test func aCacheLivesThroughCutWatches() async throws {
        let watches = Locked<[String]>([])
        let server = try StreamingServer { connection in
            while let head = connection.readHead() {
                guard head.contains("watch=1") else {
                    connection.send(Self.answer(list([pod("a", version: "1")], version: "5")))
                    continue
                }
                watches.change { $0.append(String(head.prefix { $0 != "\r" })) }
                connection.send(Self.chunked)
                guard watches.value.count == 1 else { return connection.waitForEnd() }
                // One byte a chunk, and the end of the connection inside a line.
                for byte in (event("ADDED", pod("b", version: "6")) + #"{"type":"ADD"#).utf8 {
                    connection.send(Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8))
                }
                return
            }
        }
        defer { server.stop() }
        let clock = TestClock()
        let cache = ResourceCache<String>(
            client: try client(server, clock: clock), resource: .pods, settings: .init(namespace: "ml"),
            transform: { $0["status"]?["phase"]?.stringValue })
        let task = Task { await cache.run() }
        var changes = cache.changes().makeAsyncIterator()
        while cache.count < 2 { _ = await changes.next() }
        while watches.value.count < 2 {
            clock.advance(by: .seconds(1))
            for _ in 0..<100 { await Task.yield() }
        }
        task.cancel()
        await task.value
        #expect(watches.value[1].contains("resourceVersion=6&") && cache.listsBegun == 1)
    }

    @Test func aLogThatIsCutByResetIsWhole() async throws {
        let answers = Locked(0)
        let lines = (0..<2_000).map { "2026-11-23T16:57:28.\(String(1_000_000_000 + $0 / 3).dropFirst())Z line \($0)" }
        let server = try StreamingServer { connection in
            guard connection.readHead() != nil else { return }
            answers.change { $0 += 1 }
            connection.send(Self.chunked)
            let isLast = answers.value == 4
            let text = lines.joined(separator: "\n") + "\n"
            let part = text.utf8.prefix(isLast ? text.utf8.count : answers.value * 20_011)
            for start in stride(from: 0, to: part.count, by: 1_000) {
                connection.sendChunk(String(decoding: part.dropFirst(start).prefix(1_000), as: UTF8.self))
            }
            if isLast { connection.send("0\r\n\r\n") } else { connection.reset() }
        }
        defer { server.stop() }
        let follower = LogFollower(
            client: try client(server, clock: TestClock(isAutomatic: true)), namespace: "ml", pod: "p",
            container: "base")
        let got = Locked<[String]>([])
        var tail = LogTail()
        let completion = try await follower.run(
            tail: &tail, containerEnd: { _ in answers.value >= 3 ? ContainerEnd() : nil },
            deliver: { entry in got.change { $0.append(entry.text) } })
        #expect(completion == .complete)
        #expect(got.value == (0..<2_000).map { "line \($0)" })
    }

    @Test func aCommandIsRunOverARealSocket() async throws {
        let server = try StreamingServer { connection in
            guard let head = connection.readHead() else { return }
            let key = head.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") }?.dropFirst(19) ?? ""
            let accept = Base64.encode(SHA1.digest(Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
            connection.send(
                "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: \(accept)\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n"
            )
            // A ping must be answered before the command ends.
            connection.send([0x89, 0x02, 1, 2])
            guard let pong = connection.read(8), pong[0] == 0x8A, pong[1] == 0x82 else { return }
            connection.send([0x82, 0x03, 1] + Array("hi".utf8))
            let end = [UInt8(3)] + Array(#"{"kind":"Status","status":"Success"}"#.utf8)
            connection.send([0x82, UInt8(end.count)] + end)
            connection.waitForEnd()
        }
        defer { server.stop() }
        let result = try await client(server, clock: TestClock()).exec(
            ["echo", "hi"], pod: "p", container: "base", over: CurlByteStreamConnector(), timeout: .seconds(30))
        #expect(result == ExecResult(exitCode: 0, output: Array("hi".utf8), errorOutput: []))
    }

    @Test func anAnswerThatIsCutIsAskedForAgain() async throws {
        let answers = Locked(0)
        let server = try StreamingServer { connection in
            guard connection.readHead() != nil else { return }
            answers.change { $0 += 1 }
            let text = Self.answer(["kind": "Pod"])
            connection.send(answers.value == 1 ? String(text.dropLast(3)) : text)
        }
        defer { server.stop() }
        let json = try await client(server, clock: TestClock(isAutomatic: true)).get(.pods, "p")
        #expect(json == ["kind": "Pod"] && answers.value == 2)
    }
}
