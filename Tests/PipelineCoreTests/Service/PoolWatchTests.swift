import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct PoolWatchTests {
    @Test func onlyAChangeIsTold() async throws {
        let (store, mailbox, clock) = (InMemoryStore(), SchedulerMailbox(), TestClock())
        let watch = PoolWatch(store: store, inbox: mailbox, clock: clock)
        let known = try await store.pools()
        let watching = Task { await watch.run(known: known) }
        await clock.waitForSleepers()
        clock.advance(by: PoolWatch.interval)
        await clock.waitForSleepers()
        #expect(mailbox.drain().isEmpty)
        try await store.setPool(Pool(name: "gpu", slots: 2))
        clock.advance(by: PoolWatch.interval)
        await mailbox.wait()
        let told = mailbox.drain().compactMap { if case .poolsChanged(let pools) = $0 { pools } else { nil } }
        #expect(told.count == 1)
        #expect(told.first?.contains { $0.name == "gpu" && $0.slots == 2 } == true)
        watching.cancel()
        await watching.value
    }
}
