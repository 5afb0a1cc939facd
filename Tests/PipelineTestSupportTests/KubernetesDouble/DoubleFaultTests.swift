import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

/// What goes wrong on demand.
@Suite struct DoubleFaultTests {
    let double = KubernetesDouble()

    @Test(arguments: [
        (KubernetesDouble.Fault.tooManyRequests, 429, ""), (.disruptionBudget, 429, "TooManyRequests"),
        (.internalError, 500, "InternalError"), (.unavailable(retryAfter: 3), 503, "ServiceUnavailable"),
        (.gatewayTimeout, 504, "Timeout"), (.unauthorized, 401, "Unauthorized"), (.expired, 410, "Expired"),
        (.quotaExceeded(), 403, "Forbidden"), (.quotaConflict(), 409, "Conflict"), (.limitRange(), 403, "Forbidden"),
        (.podSecurity(), 403, "Forbidden"), (.namespaceTerminating(), 403, "Forbidden"),
        (.forbiddenByRBAC("create", "pods"), 403, "Forbidden"),
    ])
    func refusalsHaveNoEffect(fault: KubernetesDouble.Fault, status: Int, reason: String) async throws {
        let caller = DoubleCaller(double)
        double.inject(fault, on: .init(.create, .pods))
        let answer = try await caller.create(SamplePod.named("a"))
        #expect(answer.status == status)
        #expect(answer.reason == reason)
        #expect(double.objects(.pods).isEmpty)
        #expect(try await caller.create(SamplePod.named("a")).status == 201)
    }

    @Test func flowControlIsNoStatusAndBudgetsNameNoTime() async throws {
        let caller = DoubleCaller(double)
        double.inject(.tooManyRequests)
        let flow = try await caller.list()
        #expect(flow.headers["Retry-After"] == "1")
        #expect(flow.headers["Content-Type"]?.hasPrefix("text/plain") == true)
        #expect(flow.json.isNull)
        double.inject(.disruptionBudget)
        let budget = try await caller.list()
        #expect(budget.headers["Retry-After"] == nil)
        #expect(budget.json["details"]?["causes"]?[0]?["reason"] == "DisruptionBudget")
    }

    @Test func aLostReplyHadItsEffect() async throws {
        let caller = DoubleCaller(double)
        double.inject(.internalErrorAfterEffect, on: .init(.create, .pods))
        #expect(try await caller.create(SamplePod.named("a")).status == 500)
        #expect(try await caller.create(SamplePod.named("a")).reason == "AlreadyExists")
        double.inject(.resetAfterEffect, on: .init(.create, .pods, namePrefix: "b"))
        double.inject(.resetBeforeEffect, on: .init(.create, .pods, namePrefix: "c"))
        for name in ["b", "c"] {
            let error = await #expect(throws: HTTPTransportError.self) {
                try await caller.create(SamplePod.named(name))
            }
            #expect(error?.code == .connectionFailed)
        }
        #expect(double.objects(.pods).count == 2)
    }

    @Test func onlyTheCallsThatAreMeantFail() async throws {
        let caller = DoubleCaller(double)
        double.inject(.internalError, on: .init(.list, .pods), calls: 2...3)
        var statuses: [Int] = []
        for _ in 0..<4 { statuses.append(try await caller.list().status) }
        #expect(statuses == [200, 500, 500, 200])
        let rule = double.inject(.internalError, on: .init(.list), calls: 1...100)
        #expect(try await caller.list().status == 500)
        double.withdraw(rule)
        #expect(try await caller.list().status == 200)
    }

    @Test func staleListsShowTheirRevision() async throws {
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("a"))
        try await caller.create(SamplePod.named("b"))
        double.inject(.stale(by: 1), on: .init(.list))
        let stale = try await caller.list()
        #expect(stale.names == ["a"])
        #expect(stale.json["metadata"]?["resourceVersion"] == .string(String(double.resourceVersion - 1)))
        #expect(try await caller.list().names == ["a", "b"])
    }

    @Test func slowAndHangingCallsPassInSimulatedTime() async throws {
        let caller = DoubleCaller(double)
        double.inject(.slow(.seconds(30)), on: .init(.list))
        let slow = caller.stream(DoubleCaller.pods)
        double.inject(.hangsAfterEffect, on: .init(.create))
        let hang = DoubleStream()
        let request = caller.request("POST", DoubleCaller.pods, SamplePod.named("a"))
        hang.start { () async throws(HTTPTransportError) in try await caller.client.perform(request, receiver: hang) }
        await double.wait { $0.openCalls.count >= 2 }
        #expect(double.objects(.pods).count == 1)
        double.advance(by: .seconds(31))
        #expect(await slow.end() == .complete)
        double.advance(by: .seconds(30))
        #expect(await hang.end() == .failed(.timeout))
    }

    @Test func warningsComeAlong() async throws {
        let caller = DoubleCaller(double)
        double.inject(.warning("v1 Gadget is deprecated"), on: .init(.list))
        #expect(try await caller.list().headers["Warning"] == "299 - \"v1 Gadget is deprecated\"")
    }

    @Test func anExpiredEventAndARealExpiry() async throws {
        let caller = DoubleCaller(double)
        double.inject(.expiredEvent, on: .init(.watch))
        let event = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)")
        #expect(event.head?.status == 200)
        #expect(event.objects.first?["object"]?["code"] == 410)
        double.inject(.expired, on: .init(.watch))
        let status = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)")
        #expect(status.head?.status == 410)
    }

    @Test func openStreamsCanBeSilencedAndEnded() async throws {
        let caller = DoubleCaller(double)
        let first = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)")
        double.endWatches(broken: true)
        #expect(await first.end() == .failed(.connectionFailed))
        let second = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)")
        double.endWatches(broken: false)
        #expect(await second.end() == .complete)
        let third = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)")
        double.silenceWatches()
        try await caller.create(SamplePod.named("a"))
        #expect(third.bytes.isEmpty)
        double.stopServer()
        #expect(await third.end() == .failed(.connectionFailed))
    }

    /// A pod that vanishes leaves no event, neither on the watch nor in the history of a later one.
    @Test func vanishedPodsAreOnlyMissing() async throws {
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("a"))
        let revision = double.resourceVersion
        let watch = await caller.watch(double, "&resourceVersion=\(revision)")
        double.vanish("a")
        try await caller.create(SamplePod.named("b"))
        let later = await caller.watch(double, "&resourceVersion=\(revision)")
        #expect(watch.events == ["ADDED b Pending"])
        #expect(later.events == ["ADDED b Pending"])
        #expect(try await caller.list().names == ["b"])
        watch.cancel()
        later.cancel()
    }

    @Test func plansRepeatThemselvesAndEnd() async throws {
        let first = try await Self.statuses(seed: 3)
        #expect(try await Self.statuses(seed: 3) == first)
        #expect(try await Self.statuses(seed: 4) != first)
        #expect(first.prefix(30).count { $0 != 200 } > 5)
        #expect(first.dropFirst(30).allSatisfy { $0 == 200 })
    }

    /// Of sixty calls, one each 70 s, while faults come for half an hour; 0 stands for no answer.
    private static func statuses(seed: UInt64) async throws -> [Int] {
        let double = KubernetesDouble()
        let caller = DoubleCaller(double)
        double.inject(plan: .init(seed: seed, rate: 0.5, until: .seconds(2_100)))
        var statuses: [Int] = []
        for _ in 0..<60 {
            let stream = caller.stream("/version")
            let count = statuses.count
            await double.wait { $0.calls.count > count }
            double.advance(by: .seconds(70))
            let end = await stream.end()
            statuses.append(end == .complete ? stream.head?.status ?? 0 : 0)
        }
        return statuses
    }

    // MARK: Crashes

    @Test(arguments: [(KubernetesDouble.Moment.beforeEffect, 1), (.afterEffect, 2)])
    func aCrashKillsOneClientAtOneCall(moment: KubernetesDouble.Moment, pods: Int) async throws {
        let first = DoubleCaller(double)
        let second = DoubleCaller(double)
        let watch = await first.watch(double, "&resourceVersion=\(double.resourceVersion)")
        let crashed = Mutex(0)
        double.crash(atCall: 3, moment) { crashed.withLock { $0 += 1 } }
        try await first.create(SamplePod.named("a"))
        await #expect(throws: HTTPTransportError.self) { try await first.create(SamplePod.named("b")) }
        #expect(crashed.withLock { $0 } == 1)
        #expect(await watch.end() == .failed(.cancelled))
        await #expect(throws: HTTPTransportError.self) { try await first.create(SamplePod.named("c")) }
        #expect(double.objects(.pods).count == pods)
        #expect(double.calls.count == 3)
        #expect(try await second.list().names.count == pods)
    }

    // MARK: The record

    @Test func callsAreRecordedAndCounted() async throws {
        let caller = DoubleCaller(double)
        double.configure { $0.latency = .milliseconds(10) }
        let creates = (0..<3).map { index -> DoubleStream in
            let stream = DoubleStream()
            let request = caller.request("POST", DoubleCaller.pods, SamplePod.named("p\(index)"))
            stream.start { () async throws(HTTPTransportError) in
                try await caller.client.perform(request, receiver: stream)
            }
            return stream
        }
        await double.wait { $0.openCalls.count >= 3 }
        double.advance(by: .milliseconds(10))
        for create in creates { #expect(await create.end() == .complete) }
        #expect(double.highestConcurrency(.create) == 3)
        #expect(double.count(.create, .pods) == 3)
        #expect(double.callsByPod == ["p0": 1, "p1": 1, "p2": 1])
        let list = caller.stream("\(DoubleCaller.pods)?limit=5&labelSelector=a%3Db")
        await double.wait { !$0.openCalls.isEmpty }
        double.advance(by: .milliseconds(10))
        #expect(await list.end() == .complete)
        let call = try #require(double.calls.last)
        #expect(call.path == DoubleCaller.pods)
        #expect(call.query.map { "\($0.name)=\($0.value)" } == ["limit=5", "labelSelector=a=b"])
    }

    @Test func theClockMovesAlong() async throws {
        let clock = TestClock()
        let double = KubernetesDouble(clock: clock)
        double.script(.succeeds(after: .seconds(3)))
        try await DoubleCaller(double).create(SamplePod.named("a"))
        let sleeper = Task {
            try await clock.sleep(until: clock.now.advanced(by: .seconds(8)), tolerance: nil)
            return double.phase("a")
        }
        await clock.waitForSleepers()
        let isDone = await double.advance(atMost: .seconds(60)) { double.now >= .seconds(9) }
        #expect(isDone)
        #expect(clock.now.offset == double.now)
        #expect(try await sleeper.value == "Succeeded")
    }
}
