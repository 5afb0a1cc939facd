import PipelineCore
import PipelineTestSupport
import Testing

/// From which committed change on nobody asks for a launch again.
@Suite struct EndedLaunchesTests {
    private struct Missing: Error {}

    private let dag: DAG
    private let script = MachineScript()

    init() throws {
        var builder = DAGBuilder()
        builder.task("a") { $0.retry.retries = 1 }
        dag = try builder.build()
        script.send(.runCreated(script.newRun(dag)))
    }

    /// What the store learns of ends by one event.
    private func ends(_ event: SchedulerEvent) -> [LaunchID] {
        script.send(event).compactMap { if case .store(let change) = $0 { change.endedLaunch } else { nil } }
    }

    @Test func aLaunchHasEndedWithItsOutcomeNotBefore() throws {
        let launch = try #require(script.launch("a"))
        let process = StartedProcess(hostname: "h", unixname: "u", pid: 7, pidStartTime: 70, at: script.now)
        #expect(launch.instance.lastEndedLaunch == nil)
        #expect(ends(.taskStarted(launch.id, process)) == [])
        #expect(ends(.taskWaits(launch.id, reason: "no room")) == [])
        #expect(ends(.taskEnded(launch.id, .success())) == [launch.id])
    }

    @Test func aLostLaunchHasEndedThoughItsTryGoesOn() throws {
        let launch = try #require(script.launch("a"))
        #expect(ends(.taskLost(launch.id, reason: "evicted")) == [launch.id])
        let next = try #require(script.launch("a"))
        #expect(next.id == LaunchID(tryID: launch.id.tryID, number: 2))
        #expect(script.row("a")?.lastEndedLaunch == launch.id)
    }

    @Test func aFailedTryHasEndedWhenItIsArchived() throws {
        let launch = try #require(script.launch("a"))
        #expect(ends(.taskEnded(launch.id, .failedMayRetry(reason: "exit 1"))) == [launch.id])
        #expect(script.archive.map(\.id) == [launch.id.tryID])
    }

    @Test func aLaunchThatIsEndedFromOutsideHasEndedWithThat() throws {
        let launch = try #require(script.launch("a"))
        #expect(ends(.taskStateSet(launch.instance.key, .failed)) == [launch.id])
    }

    @Test func theStoreIsAskedOfEachLaunch() async throws {
        let (store, launch) = (InMemoryStore(), try #require(script.launch("a")))
        let (run, key) = (try #require(script.run()), launch.instance.key)
        var row = launch.instance
        row.launchNumber = 2
        func ended(_ number: Int) async throws -> Bool {
            try await store.hasEnded(LaunchID(tryID: row.id, number: number), of: key)
        }
        // Of another's pod nothing is known.
        #expect(try await ended(1) == false)
        try await store.commit([.saveRun(run), .saveTask(row)], epoch: 0)
        #expect(try await ended(1))
        #expect(try await ended(2) == false)
        row.state = .failed
        row.endDate = script.now
        try await store.commit([.saveTask(row)], epoch: 0)
        #expect(try await ended(2))
        #expect(try await ended(3) == false)
        try await store.commit([.archiveTask(row)], epoch: 0)
        #expect(try await ended(2))
    }
}
