import PipelineTestSupport
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(20))) struct RequestLimiterTests {
    @Test func aBurstIsFreeAndThenTheRateHolds() async throws {
        let clock = TestClock(isAutomatic: true)
        let limiter = RequestLimiter(.init(queriesPerSecond: 10, burst: 5, parallel: 1), clock: clock)
        for _ in 0..<25 { try await limiter.run { () throws(KubernetesError) in } }
        // Twenty beyond the burst, a tenth of a second each.
        #expect(clock.now.offset > .milliseconds(1_990) && clock.now.offset < .milliseconds(2_010))
    }

    @Test func tokensGrowUpToTheBurstOnly() {
        var bucket = TokenBucket(rate: 1, burst: 2)
        let delays = [0, 0, 0, 100, 100, 100].map { bucket.take(at: .seconds($0)) }
        #expect(delays == [nil, nil, .seconds(1), nil, nil, .seconds(1)])
    }

    @Test func noMoreThanTheBoundRunAtOnceInTheirOrder() async throws {
        let limiter = RequestLimiter(
            .init(queriesPerSecond: 1_000, burst: 1_000, parallel: 3), clock: TestClock(isAutomatic: true))
        let running = Locked((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await limiter.run { () throws(KubernetesError) in
                        running.change { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                        for _ in 0..<5 { await Task.yield() }
                        running.change { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.value.most == 3)
    }

    @Test func permitsGoInTheOrderOfAsking() async throws {
        let semaphore = FIFOSemaphore(permits: 0)
        let order = Locked<[Int]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<5 {
                group.addTask {
                    try await semaphore.acquire()
                    order.change { $0.append(number) }
                    semaphore.release()
                }
                while semaphore.waiters <= number { await Task.yield() }
            }
            semaphore.release()
            try await group.waitForAll()
        }
        #expect(order.value == [0, 1, 2, 3, 4])
    }

    @Test func whoIsCancelledLeavesTheLineAndLosesNoPermit() async throws {
        let semaphore = FIFOSemaphore(permits: 1)
        try await semaphore.acquire()
        let waiter = Task { try await semaphore.acquire() }
        while semaphore.waiters == 0 { await Task.yield() }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        semaphore.release()
        try await semaphore.acquire()
        semaphore.release()
        for _ in 0..<100 {
            let racing = Task { try await semaphore.acquire() }
            racing.cancel()
            if (try? await racing.value) != nil { semaphore.release() }
        }
        try await semaphore.acquire()
        #expect(semaphore.waiters == 0)
    }

    @Test func aWaitForATokenCanBeCancelled() async throws {
        let clock = TestClock()
        let limiter = RequestLimiter(.init(queriesPerSecond: 1, burst: 1, parallel: 1), clock: clock)
        try await limiter.pass()
        let waiter = Task { try await limiter.pass() }
        await clock.waitForSleepers(1)
        waiter.cancel()
        #expect(await failure { try await waiter.value }?.kind == .cancelled)
        clock.advance(by: .seconds(1))
        try await limiter.pass()
    }
}
