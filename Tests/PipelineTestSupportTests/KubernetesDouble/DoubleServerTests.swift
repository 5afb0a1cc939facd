import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Testing

/// The double behind a socket, seen by libcurl.
@Suite struct DoubleServerTests {
    private static func caller(_ server: DoubleServer) throws -> DoubleCaller {
        DoubleCaller(client: try CurlHTTPClient(), base: server.url)
    }

    @Test func callsComeThroughOneConnection() async throws {
        let double = KubernetesDouble()
        let server = try double.serve()
        let caller = try Self.caller(server)
        #expect(try await caller.create(SamplePod.named("a")).status == 201)
        double.advance(by: .seconds(10))
        let answer = try await caller.call("GET", "\(DoubleCaller.pods)/a")
        #expect(answer.json["status"]?["phase"] == "Succeeded")
        #expect(try await caller.call("GET", "\(DoubleCaller.pods)/b").status == 404)
        // libcurl asks for leave to send a body of more than a mebibyte.
        let variable: JSONValue = ["name": "PLAN", "value": .string(String(repeating: "n", count: 1_200_000))]
        let container: JSONValue = ["name": "base", "image": "i", "env": [variable]]
        let big = SamplePod.named("big", spec: ["containers": [container]])
        #expect(try await caller.create(big).status == 201)
        #expect(double.calls.map(\.verb) == [.create, .get, .get, .create])
    }

    @Test func watchesAndLogsAreChunked() async throws {
        let double = KubernetesDouble()
        double.script(.succeeds(after: .seconds(4), log: ["one", "two"]))
        let server = try double.serve()
        let watcher = try Self.caller(server)
        let follower = try Self.caller(server)
        let caller = try Self.caller(server)
        try await caller.create(SamplePod.named("a"))
        double.advance(by: .seconds(2))
        let revision = double.resourceVersion
        let watch = watcher.stream("\(DoubleCaller.pods)?watch=1&resourceVersion=\(revision)&timeoutSeconds=30")
        let log = follower.stream("\(DoubleCaller.pods)/a/log?follow=true")
        await double.wait { $0.openCalls.count >= 2 }
        double.advance(by: .seconds(40))
        #expect(await log.end() == .complete)
        #expect(log.text == "one\ntwo\n")
        #expect(await watch.end() == .complete)
        #expect(watch.events == ["MODIFIED a Running", "MODIFIED a Succeeded"])
    }

    @Test func brokenAnswersAreSeenAsSuch() async throws {
        let double = KubernetesDouble()
        let server = try double.serve()
        let caller = try Self.caller(server)
        double.inject(.resetAfterEffect, on: .init(.create, .pods))
        let error = await #expect(throws: HTTPTransportError.self) { try await caller.create(SamplePod.named("a")) }
        #expect(error?.code == .connectionFailed)
        #expect(double.objects(.pods).count == 1)
        double.inject(.cut(afterBytes: 10), on: .init(.watch))
        let watch = caller.stream("\(DoubleCaller.pods)?watch=1&resourceVersion=0")
        #expect(await watch.end() == .failed(.connectionFailed))
        #expect(watch.bytes.count == 10)
        double.stopServer()
        await #expect(throws: HTTPTransportError.self) { try await caller.list() }
        double.restartServer()
        #expect(try await caller.list().names == ["a"])
    }

    @Test func aClientThatGoesAwayIsForgotten() async throws {
        let double = KubernetesDouble()
        let server = try double.serve()
        let caller = try Self.caller(server)
        let watch = caller.stream("\(DoubleCaller.pods)?watch=1")
        await double.wait { !$0.openCalls.isEmpty }
        watch.cancel()
        #expect(await watch.end() == .failed(.cancelled))
        await double.wait { $0.openCalls.isEmpty }
    }

    @Test func theServerEndsWithItsHandle() async throws {
        let double = KubernetesDouble()
        var server: DoubleServer? = try double.serve()
        let caller = DoubleCaller(client: try CurlHTTPClient(), base: server?.url ?? "")
        #expect(try await caller.call("GET", "/readyz").text == "ok")
        server = nil
        // The thread closes its sockets on its way out; connections made meanwhile are answered or refused, never left.
        while (try? await caller.call("GET", "/readyz")) != nil { await Task.yield() }
    }

    @Test func manyConnectionsAreServedAtOnce() async throws {
        let double = KubernetesDouble()
        let server = try double.serve()
        let streams = try (0..<40).map { _ in try Self.caller(server).stream("/api/v1/pods?watch=1&resourceVersion=0") }
        await double.wait { $0.openCalls.count >= 40 }
        #expect(double.highestConcurrency(.watch) == 40)
        double.add(.pods, SamplePod.named("a"))
        double.advance(by: .seconds(10))
        double.endWatches(broken: false)
        for stream in streams {
            #expect(await stream.end() == .complete)
            #expect(stream.events.first == "ADDED a Pending")
            #expect(stream.events.last == "MODIFIED a Succeeded")
        }
    }
}
