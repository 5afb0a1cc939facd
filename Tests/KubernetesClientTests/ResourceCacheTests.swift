import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(20))) struct ResourceCacheTests {
    typealias Reply = ScriptedHTTPClient.Reply

    private func cache(
        _ http: any HTTPClient, clock: TestClock, idle: Duration = .seconds(90), relist: Duration = .seconds(300)
    ) -> ResourceCache<String> {
        ResourceCache(
            client: testClient(http, clock: clock), resource: .pods,
            settings: .init(namespace: "ml", relistInterval: relist, watchIdle: idle)
        ) { $0["status"]?["phase"]?.stringValue }
    }

    /// Runs the cache while `work` looks at it.
    private func running(
        _ cache: ResourceCache<String>, _ work: (inout CacheChangeStream.AsyncIterator) async throws -> Void
    ) async rethrows {
        var changes = cache.changes().makeAsyncIterator()
        let task = Task { await cache.run() }
        try await work(&changes)
        task.cancel()
        await task.value
    }

    /// Waits until what the cache says is so.
    private func wait(
        _ changes: inout CacheChangeStream.AsyncIterator, until isSo: () -> Bool
    ) async { while !isSo() { _ = await changes.next() } }

    /// Lets seconds pass, each with time for what it wakes, until it is so.
    private func passTime(_ clock: TestClock, until isSo: () -> Bool) async {
        while !isSo() {
            clock.advance(by: .seconds(1))
            for _ in 0..<500 where !isSo() { await Task.yield() }
        }
    }

    @Test func aListAndItsWatchAreHeld() async {
        let (chunks, send) = AsyncStream<[UInt8]>.makeStream()
        let http = ScriptedHTTPClient { number, _ in
            number == 0 ? .json(list([pod("a", version: "1")], version: "5")) : Reply(end: .live(chunks))
        }
        let cache = cache(http, clock: TestClock())
        #expect(!cache.isSynced && cache.health == .starting)
        await running(cache) { changes in
            await wait(&changes) { cache.isSynced }
            #expect(cache.count == 1 && cache.health == .healthy && cache.lastSuccessfulList == 1)
            let text =
                event("ADDED", pod("b", version: "6")) + event("MODIFIED", pod("a", version: "7", phase: "Running"))
            for byte in text.utf8 { send.yield([byte]) }
            await wait(&changes) { cache.entry(uid: "uid-a")?.value == "Running" }
            #expect(cache.entry(uid: "uid-b")?.name == "b")
            send.yield(Array(event("DELETED", pod("a", version: "8")).utf8))
            await wait(&changes) { cache.count == 1 }
        }
        #expect(
            http.requests[1].url
                == "https://api/api/v1/namespaces/ml/pods?watch=1&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=300"
        )
    }

    @Test func aWatchThatEndsGoesOnFromTheLastVersion() async {
        let http = ScriptedHTTPClient { number, _ in
            switch number {
            case 0: .json(list([], version: "5"))
            case 1: .text(event("ADDED", pod("a", version: "6")) + bookmark("9"))
            default: Reply(end: .hang)
            }
        }
        let cache = cache(http, clock: TestClock())
        await running(cache) { changes in
            await wait(&changes) { cache.count == 1 }
            while http.requests.count < 3 { await Task.yield() }
        }
        #expect(http.requests[2].url.contains("resourceVersion=9&"))
    }

    @Test(arguments: [true, false])
    func anExpiredWatchListsAnew(_ isEvent: Bool) async {
        let gone = status(410, reason: "Expired", message: "too old resource version")
        let http = ScriptedHTTPClient { number, _ in
            switch number {
            case 0: .json(list([pod("a", version: "1")], version: "5"))
            case 1: isEvent ? .text(event("ERROR", gone)) : .json(gone, status: 410)
            case 2: .json(list([pod("b", version: "8")], version: "9"))
            default: Reply(end: .hang)
            }
        }
        let clock = TestClock()
        let cache = cache(http, clock: clock)
        await running(cache) { changes in
            await wait(&changes) { cache.isSynced }
            await passTime(clock) { cache.lastSuccessfulList == 2 }
            #expect(cache.entries.map(\.name) == ["b"] && cache.health == .healthy)
        }
    }

    @Test func aVersionOfTheFutureListsAnew() async {
        let http = ScriptedHTTPClient { number, request in
            request.url.contains("watch=1")
                ? number < 4 ? Reply() : Reply(end: .hang)
                : .json(list([], version: number == 0 ? "500000" : "7"))
        }
        let clock = TestClock()
        let cache = cache(http, clock: clock)
        await running(cache) { changes in
            await wait(&changes) { cache.isSynced }
            // One silent end may be the server's timeout; two are not.
            await passTime(clock) { cache.lastSuccessfulList == 2 }
        }
        #expect(clock.now.offset < .seconds(200))
        let watches = http.requests.filter { $0.url.contains("watch=1") }
        #expect(watches.count >= 2 && watches[1].url.contains("resourceVersion=500000&"))
    }

    @Test func failuresAreAStateAndNeverTheEnd() async {
        let isUp = Atomic(false)
        let http = ScriptedHTTPClient { number, request in
            if !isUp.load(ordering: .relaxed) {
                return number % 2 == 0 ? .failure(.connectionFailed) : .text("no", status: 500)
            }
            return request.url.contains("watch=1")
                ? Reply(end: .hang) : .json(list([pod("a", version: "1")], version: "5"))
        }
        let clock = TestClock()
        let cache = cache(http, clock: clock)
        await running(cache) { changes in
            for _ in 0..<20 {
                await clock.waitForSleepers(1)
                clock.advance(by: .seconds(60))
            }
            if case .degraded(let reason) = cache.health {
                #expect(reason.contains("list pods in namespace ml"))
            } else {
                Issue.record("not degraded")
            }
            #expect(!cache.isSynced && cache.listsBegun >= 20)
            isUp.store(true, ordering: .relaxed)
            await clock.waitForSleepers(1)
            clock.advance(by: .seconds(60))
            await wait(&changes) { cache.isSynced }
            #expect(cache.health == .healthy && cache.count == 1)
        }
    }

    @Test func listsDoNotFollowEachOtherFasterAndFasterWhereTheWatchIsRefused() async {
        let http = ScriptedHTTPClient { _, request in
            request.url.contains("watch=1")
                ? .json(status(403, reason: "Forbidden", message: "User \"x\" cannot watch resource"), status: 403)
                : .json(list([pod("a", version: "1")], version: "5"))
        }
        let clock = TestClock()
        let cache = cache(http, clock: clock)
        await running(cache) { changes in
            await wait(&changes) { cache.isSynced }
            await passTime(clock) { clock.now.offset >= .seconds(120) }
            #expect(cache.count == 1 && cache.listsBegun < 15)
            // Between a list and the watch after it the cache is healthy for a moment.
            await wait(&changes) {
                if case .degraded(let text) = cache.health { text.contains(#"verbs: ["watch"]"#) } else { false }
            }
        }
    }

    @Test func aWatchThatIsOpenAgainIsHealthyBeforeItsFirstEvent() async {
        let http = ScriptedHTTPClient { number, _ in
            switch number {
            case 0: .json(list([], version: "5"))
            case 1: .failure(.connectionFailed)
            default: Reply(end: .hang)
            }
        }
        let clock = TestClock()
        let cache = cache(http, clock: clock)
        await running(cache) { changes in
            await wait(&changes) { if case .degraded = cache.health { true } else { false } }
            await passTime(clock) { cache.health == .healthy }
            #expect(clock.now.offset < .seconds(200) && cache.listsBegun == 1)
        }
    }

    @Test func contentsStayWhileTheWatchIsBroken() async {
        let http = ScriptedHTTPClient { number, _ in
            number == 0 ? .json(list([pod("a", version: "1")], version: "5")) : .failure(.connectionFailed)
        }
        let cache = cache(http, clock: TestClock())
        await running(cache) { changes in
            await wait(&changes) { if case .degraded = cache.health { true } else { false } }
            #expect(cache.count == 1 && cache.lastSuccessfulList == 1)
        }
    }

    @Test func aSilentWatchIsGivenUp() async {
        let http = ScriptedHTTPClient { number, _ in
            number == 0 ? .json(list([], version: "5")) : Reply(end: .hang)
        }
        let clock = TestClock()
        let cache = cache(http, clock: clock, idle: .seconds(90))
        await running(cache) { changes in
            // The relist timer and the watch over silence.
            await clock.waitForSleepers(2)
            clock.advance(by: .seconds(89))
            #expect(cache.health == .healthy)
            clock.advance(by: .seconds(2))
            await wait(&changes) {
                if case .degraded(let text) = cache.health { text.contains("silent") } else { false }
            }
            await passTime(clock) { http.requests.count == 3 }
        }
        #expect(http.requests[2].url.contains("watch=1") && http.requests[2].url.contains("resourceVersion=5&"))
    }

    @Test func bookmarksKeepAWatchAlive() async {
        let (chunks, send) = AsyncStream<[UInt8]>.makeStream()
        let http = ScriptedHTTPClient { number, _ in
            number == 0 ? .json(list([], version: "5")) : Reply(end: .live(chunks))
        }
        let clock = TestClock()
        let cache = cache(http, clock: clock, idle: .seconds(90), relist: .seconds(3_000))
        await running(cache) { changes in
            for minute in 0..<5 {
                await clock.waitForSleepers(2)
                clock.advance(by: .seconds(60))
                send.yield(Array((event("ADDED", pod("p\(minute)", version: "\(minute + 6)"))).utf8))
                await wait(&changes) { cache.count == minute + 1 }
            }
            #expect(cache.health == .healthy && http.requests.count == 2)
        }
    }

    @Test func aListComesFromTimeToTimeAndWhenAskedFor() async {
        let http = ScriptedHTTPClient { _, request in
            request.url.contains("watch=1") ? Reply(end: .hang) : .json(list([], version: "5"))
        }
        let clock = TestClock()
        let cache = cache(http, clock: clock, idle: .seconds(3_000), relist: .seconds(300))
        await running(cache) { changes in
            await clock.waitForSleepers(2)
            clock.advance(by: .seconds(239))
            #expect(cache.lastSuccessfulList == 1)
            clock.advance(by: .seconds(122))
            await wait(&changes) { cache.lastSuccessfulList == 2 }
            let noted = cache.listsBegun
            for expected in 3...5 {
                cache.requestRelist()
                await wait(&changes) { cache.lastSuccessfulList >= expected }
            }
            #expect(cache.lastSuccessfulList > noted)
            while http.requests.count < 10 { await Task.yield() }
            #expect(http.requests.count == 10 && cache.listsBegun == 5)
        }
    }

    @Test func manyChangesAreOneNotice() async {
        let http = ScriptedHTTPClient { number, _ in
            number == 0
                ? .json(list([], version: "5"))
                : .text((0..<500).map { event("ADDED", pod("p\($0)", version: "\($0 + 6)")) }.joined(), end: .hang)
        }
        let cache = cache(http, clock: TestClock())
        let second = cache.changes()
        await running(cache) { changes in
            await wait(&changes) { cache.count == 500 }
        }
        var iterator = second.makeAsyncIterator()
        let all = await iterator.next()
        #expect(cache.count == 500)
        #expect(all?.names.count == 500 && all?.names["uid-p7"] == "p7" && all?.lastSuccessfulList == 1)
    }

    /// A reader looks at what has changed, not at all that there is.
    @Test func aChangeIsHandedOnAlone() async {
        let (chunks, send) = AsyncStream<[UInt8]>.makeStream()
        let pods = (0..<300).map { pod("p\($0)", version: "1") }
        let http = ScriptedHTTPClient { number, _ in
            number == 0 ? .json(list(pods, version: "5")) : Reply(end: .live(chunks))
        }
        let cache = cache(http, clock: TestClock())
        await running(cache) { changes in
            var first = CacheChanges()
            while first.names.isEmpty { first = await changes.next() ?? first }
            #expect(first.names.count == 300)
            send.yield(Array(event("MODIFIED", pod("p7", version: "6", phase: "Running")).utf8))
            var next = CacheChanges()
            while next.names.isEmpty { next = await changes.next() ?? next }
            #expect(next == CacheChanges(names: ["uid-p7": "p7"], lastSuccessfulList: 1))
        }
    }
}
