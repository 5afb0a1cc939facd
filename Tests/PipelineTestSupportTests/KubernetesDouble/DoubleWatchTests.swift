import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Testing

/// Watches, in memory.
@Suite struct DoubleWatchTests {
    let double = KubernetesDouble()

    @Test func aWatchSeesAPodsLife() async throws {
        let caller = DoubleCaller(double)
        let revision = double.resourceVersion
        let watch = await caller.watch(double, "&resourceVersion=\(revision)")
        try await caller.create(SamplePod.named("a"))
        double.advance(by: .seconds(10))
        #expect(
            watch.events == [
                "ADDED a Pending", "MODIFIED a Pending", "MODIFIED a Pending", "MODIFIED a Running",
                "MODIFIED a Running",
                "MODIFIED a Succeeded",
            ])
        watch.cancel()
        #expect(await watch.end() == .failed(.cancelled))
        #expect(double.openCalls.isEmpty)
    }

    @Test func aWatchResumesFromARevision() async throws {
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("a"))
        let revision = double.resourceVersion
        try await caller.create(SamplePod.named("b"))
        let watch = await caller.watch(double, "&resourceVersion=\(revision)")
        #expect(watch.events == ["ADDED b Pending"])
        let all = await caller.watch(double, "&resourceVersion=0")
        #expect(all.events == ["ADDED a Pending", "ADDED b Pending"])
        watch.cancel()
        all.cancel()
    }

    @Test func aWatchOfOneNameHearsOfThatOnly() async throws {
        let caller = DoubleCaller(double)
        let query = "&resourceVersion=\(double.resourceVersion)&fieldSelector=metadata.name%3Da"
        let watch = await caller.watch(double, query)
        try await caller.create(SamplePod.named("b"))
        try await caller.create(SamplePod.named("a"))
        #expect(watch.events == ["ADDED a Pending"])
        watch.cancel()
    }

    @Test func leavingTheSelectorIsADeletionAndEnteringItAnAddition() async throws {
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("a", labels: ["owner": "x"]))
        let watch = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)&labelSelector=owner%3Dx")
        let type = "application/merge-patch+json"
        for owner in ["y", "x"] {
            try await caller.call(
                "PATCH", "\(DoubleCaller.pods)/a", ["metadata": ["labels": ["owner": .string(owner)]]], type: type)
        }
        #expect(watch.events == ["DELETED a Pending", "ADDED a Pending"])
        #expect(watch.objects.first?["object"]?["metadata"]?["labels"]?["owner"] == "x")
        watch.cancel()
    }

    @Test func aForgottenRevisionIsAnErrorEventInA200() async throws {
        let caller = DoubleCaller(double)
        let revision = double.resourceVersion
        try await caller.create(SamplePod.named("a"))
        double.compact()
        let watch = await caller.watch(double, "&resourceVersion=\(revision)")
        #expect(await watch.end() == .complete)
        #expect(watch.head?.status == 200)
        #expect(watch.objects.map { $0["type"] } == ["ERROR"])
        #expect(watch.objects.first?["object"]?["code"] == 410)
        #expect(watch.objects.first?["object"]?["reason"] == "Expired")
    }

    @Test func aRevisionOfTheFutureIsSilentUntilTheTimeout() async throws {
        let caller = DoubleCaller(double)
        let query = "&resourceVersion=\(double.resourceVersion + 1_000)&timeoutSeconds=5&allowWatchBookmarks=true"
        let watch = await caller.watch(double, query)
        try await caller.create(SamplePod.named("a"))
        double.advance(by: .seconds(6))
        #expect(await watch.end() == .complete)
        #expect(watch.bytes.isEmpty)
    }

    @Test func bookmarksComeEachMinuteAndBeforeTheEnd() async throws {
        let caller = DoubleCaller(double)
        let revision = double.resourceVersion
        let query = "&resourceVersion=\(revision)&allowWatchBookmarks=true&timeoutSeconds=130"
        let stream = caller.stream("/api/v1/namespaces?watch=1\(query)", idle: .seconds(90))
        await stream.opened()
        double.advance(by: .seconds(125))
        #expect(stream.events == ["BOOKMARK", "BOOKMARK"])
        double.advance(by: .seconds(4))
        #expect(stream.events.count == 3)
        double.advance(by: .seconds(2))
        #expect(await stream.end() == .complete)
        #expect(stream.objects.first?["object"]?["metadata"]?["resourceVersion"] == .string(String(revision)))
    }

    @Test func initialEventsEndWithAnAnnotatedBookmark() async throws {
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("a"))
        let watch = await caller.watch(
            double, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
        #expect(watch.events == ["ADDED a Pending", "BOOKMARK"])
        let annotations = watch.objects.last?["object"]?["metadata"]?["annotations"]
        #expect(annotations?["k8s.io/initial-events-end"] == "true")
        watch.cancel()
        #expect(try await caller.list("?watch=1&sendInitialEvents=true").status == 422)
    }

    @Test func aSilentWatchRunsIntoTheClientsIdleLimit() async throws {
        let caller = DoubleCaller(double)
        double.inject(.silent, on: .init(.watch))
        let watch = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)&allowWatchBookmarks=true")
        try await caller.create(SamplePod.named("a"))
        double.advance(by: .seconds(59))
        #expect(watch.head?.status == 200)
        #expect(watch.bytes.isEmpty)
        double.advance(by: .seconds(2))
        #expect(await watch.end() == .failed(.timeout))
    }

    @Test func aWatchIsCutInTheMiddleOfALine() async throws {
        let caller = DoubleCaller(double)
        double.inject(.cut(afterBytes: 40), on: .init(.watch))
        let watch = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)")
        try await caller.create(SamplePod.named("a"))
        #expect(await watch.end() == .failed(.connectionFailed))
        #expect(watch.bytes.count == 40)
        double.inject(.end(afterBytes: 40), on: .init(.watch))
        let second = await caller.watch(double, "&resourceVersion=0")
        #expect(await second.end() == .complete)
        #expect(second.bytes.count == 40)
    }

    @Test func eventsMayLag() async throws {
        let caller = DoubleCaller(double)
        double.configure { $0.watchDelay = .seconds(3) }
        let watch = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)")
        try await caller.create(SamplePod.named("a"))
        #expect(watch.events.isEmpty)
        double.advance(by: .milliseconds(3_000))
        #expect(watch.events == ["ADDED a Pending"])
        watch.cancel()
    }

    @Test func aServerOnItsWayOutIsSilentAndRefusesConnections() async throws {
        let caller = DoubleCaller(double)
        let revision = double.resourceVersion
        let watch = await caller.watch(double, "&resourceVersion=\(revision)&timeoutSeconds=20")
        double.stopServer(for: .seconds(30), breaksExchanges: false)
        await #expect(throws: HTTPTransportError.self) { try await caller.list() }
        double.advance(by: .seconds(29))
        #expect(watch.bytes.isEmpty)
        double.advance(by: .seconds(2))
        #expect(try await caller.list().status == 200)
        let resumed = await caller.watch(double, "&resourceVersion=\(revision - 1)")
        #expect(resumed.objects.first?["object"]?["code"] == 410)
        watch.cancel()
    }

    /// The event of a change is often there before the answer to the call that made it.
    @Test func eventsComeBeforeTheAnswer() async throws {
        let caller = DoubleCaller(double)
        let watch = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)")
        double.inject(.slow(.seconds(1)), on: .init(.create, .pods))
        let create = DoubleStream()
        let request = caller.request("POST", DoubleCaller.pods, SamplePod.named("a"))
        create.start { () async throws(HTTPTransportError) in
            try await caller.client.perform(request, receiver: create)
        }
        await double.wait { $0.count(.create) == 1 }
        double.advance(by: .milliseconds(500))
        #expect(watch.events.first == "ADDED a Pending")
        #expect(create.head == nil)
        double.advance(by: .seconds(1))
        #expect(await create.end() == .complete)
        watch.cancel()
    }
}
