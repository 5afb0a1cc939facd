import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

/// A scheduler with a planner of assets over a store: from a producer's success to the consumer's run and its events.
@Suite struct AssetTriggerTests {
    static let a = AssetPlannerTests.a
    static let b = AssetPlannerTests.b

    /// Ends each launch with success, and with the outlets of its task.
    struct ObedientExecutor: Executor {
        let mailbox: SchedulerMailbox
        let events: [JSONValue]

        func launch(_ launch: TaskLaunch) async {
            mailbox.post(.taskEnded(launch.id, .success(outlets: launch.task.outlets, outletEvents: events)))
        }
        func terminate(_ id: LaunchID, reason: TerminationReason) async {}
        func settle(_ launches: [TaskLaunch]) async { for launch in launches { await self.launch(launch) } }
        func shutdown() async {}
    }

    struct SomeDAGs: DAGProvider {
        let dags: [DAG]

        func latest(dagID: String) async throws -> PinnedDAG? {
            dags.first { $0.id == dagID }.map { PinnedDAG(dag: $0, versionID: Self.versionID, bundleVersion: nil) }
        }
        func version(_ id: UUID7) async throws -> PinnedDAG? { nil }
        func manualDataInterval(of dag: DAG, at instant: Timestamp) async throws -> DataInterval? { nil }
        func partition(of dag: DAG, key: String) async throws -> RunPartition { RunPartition(key: key, date: nil) }

        static let versionID = UUID7(high: 0x7001, low: 1 << 63)
    }

    let store = InMemoryStore()
    let clock = TestClock(start: AssetPlannerTests.midnight)

    /// A producer of `outlets` and consumers by their conditions, which read.
    static func dags(outlets: [JSONValue], consumers: [String: JSONValue]) throws -> [DAG] {
        var producer = DAGBuilder("producer")
        producer.task("write") { $0.outlets = outlets }
        let others = try consumers.sorted { $0.key < $1.key }.map { dagID, condition in
            var consumer = DAGBuilder(dagID)
            consumer.header.timetable = .assetTriggered(condition: condition)
            consumer.task("read")
            return try consumer.build()
        }
        return [try producer.build()] + others
    }

    struct Life {
        let scheduler: Scheduler
        let mailbox: SchedulerMailbox
        let dags: [DAG]
    }

    /// A scheduler that has just started on the store, told of its DAGs as the service tells it.
    func start(_ dags: [DAG], events: [JSONValue] = []) async throws -> Life {
        let mailbox = SchedulerMailbox()
        let active = try await store.assets().filter(\.isActive).map(\.key)
        let planner = AssetPlanner(try await store.assetQueue(), active: active)
        let planning = Planning(
            [planner], maker: RunMaker(store: store, dags: SomeDAGs(dags: dags)), askPython: { _ in },
            askMapper: { _ in }, note: { _ in })
        let machine = SchedulerStateMachine(
            limits: SchedulerLimits(), pools: [Pool(name: Pool.defaultName, slots: 4)], seed: 1)
        let scheduler = Scheduler(
            machine: machine, store: store, executor: ObedientExecutor(mailbox: mailbox, events: events),
            mailbox: mailbox, wallClock: clock.wallClock, clock: clock, epoch: 0, planning: planning)
        var snapshots: [RunSnapshot] = []
        for run in try await store.runs(RunFilter(dagID: nil, states: [.queued, .running])) {
            guard let dag = dags.first(where: { $0.id == run.key.dagID }) else { continue }
            snapshots.append(try await RunSnapshotLoader(store: store).load(run, dag: dag, xcoms: store))
        }
        try await scheduler.takeOver(snapshots)
        mailbox.post(
            .schedulesChanged(dags.map { DAGSchedule($0.header, timetable: nil, isPaused: false, last: nil) }))
        return Life(scheduler: scheduler, mailbox: mailbox, dags: dags)
    }

    func trigger(_ life: Life, _ runID: String) {
        let key = RunKey(dagID: "producer", runID: runID)
        let run = DAGRun(key: key, type: .manual, runAfter: clock.wallClock.now(), triggeredBy: .cli)
        life.mailbox.post(.runCreated(RunSnapshot(run: run, dag: life.dags[0])))
    }

    /// Turns until nothing is left to do.
    func settle(_ life: Life) async throws {
        for _ in 0..<8 {
            clock.advance(by: .seconds(1))
            try await life.scheduler.turn()
        }
    }

    func activate(_ keys: AssetKey...) async throws {
        try await store.replaceActiveAssets(
            keys.map { AssetRecord(name: $0.name, uri: $0.uri, group: "asset", extra: [:]) })
    }

    func consumerRuns(_ dagID: String) async throws -> [DAGRun] {
        try await store.runs(RunFilter(dagID: dagID)).reversed()
    }

    @Test func aConsumerRunsAfterItsProducerAndSeesTheEvents() async throws {
        try await activate(Self.a, Self.b)
        let dags = try Self.dags(
            outlets: [AssetPlannerTests.outlet(Self.a)],
            consumers: [
                "any": AssetPlannerTests.condition(
                    "asset_any", [AssetPlannerTests.asset(Self.a), AssetPlannerTests.asset(Self.b)]),
                "all": AssetPlannerTests.condition(
                    "asset_all", [AssetPlannerTests.asset(Self.a), AssetPlannerTests.asset(Self.b)]),
            ])
        let payload: JSONValue = [
            "dest_asset_key": ["name": "a", "uri": "s3://lake/a"], "extra": ["rows": 7],
        ]
        let life = try await start(dags, events: [payload])
        for number in 1...2 {
            trigger(life, "r\(number)")
            try await settle(life)
        }
        let runs = try await consumerRuns("any")
        #expect(runs.map(\.state) == [.success, .success])
        #expect(runs.first?.dagVersionID == SomeDAGs.versionID)
        for (index, run) in runs.enumerated() {
            let consumed = try await store.consumedAssetEvents(run.key)
            #expect(consumed.map(\.source?.run.runID) == ["r\(index + 1)"])
            #expect(consumed.map(\.extra) == [["rows": 7]])
        }
        #expect(try await consumerRuns("all").isEmpty)
        #expect(
            try await store.assetQueue().queued.map { [$0.dagID, $0.asset.name] } == [["all", "a"]])
        _ = try await store.createAssetEvent(Self.b, extra: ["by": "hand"], partitionKey: nil, at: clock.wallClock.now())
        life.mailbox.post(.assetEventsCreated(try await store.unregisteredAssetEvents()))
        try await settle(life)
        let all = try #require(try await consumerRuns("all").first)
        #expect(try await store.consumedAssetEvents(all.key).map(\.name) == ["a", "a", "b"])
        #expect(try await store.unregisteredAssetEvents().isEmpty)
        #expect(try await store.assetQueue().queued.isEmpty)
    }

    @Test func anEventThroughAnAliasStartsItsConsumer() async throws {
        let dags = try Self.dags(
            outlets: [["name": "daily", "type": "AssetAlias"]],
            consumers: ["d": ["__type": "asset_alias", "name": "daily", "group": "asset"]])
        let payload: JSONValue = [
            "source_alias_name": "daily", "dest_asset_key": ["name": "new", "uri": "s3://lake/new"],
            "dest_asset_extra": [:], "extra": ["n": 1],
        ]
        let life = try await start(dags, events: [payload])
        trigger(life, "r1")
        try await settle(life)
        let run = try #require(try await consumerRuns("d").first)
        #expect(try await store.consumedAssetEvents(run.key).map(\.aliasNames) == [["daily"]])
        #expect(try await store.assets(ofAlias: "daily").map(\.name) == ["new"])
    }

    /// The scheduler dies at each of its commits in turn, once before it and once after it took effect.
    @Test(arguments: [true, false])
    func aCrashAtAnyCommitLeavesExactlyOneRun(afterEffect: Bool) async throws {
        let whole = try await crash(at: nil, afterEffect: afterEffect)
        #expect(whole.runs == 1)
        #expect(whole.commits > 2)
        for number in 1...whole.commits {
            let found = try await crash(at: number, afterEffect: afterEffect)
            #expect(found.runs == 1, "crash at commit \(number)")
            #expect(found.events == 1, "crash at commit \(number)")
            #expect(found.queued == 0, "crash at commit \(number)")
        }
    }

    struct Found {
        var commits: Int
        var runs: Int
        var events: Int
        var queued: Int
    }

    private func crash(at number: Int?, afterEffect: Bool) async throws -> Found {
        let world = AssetTriggerTests()
        try await world.activate(Self.a)
        let dags = try Self.dags(
            outlets: [AssetPlannerTests.outlet(Self.a)], consumers: ["d": AssetPlannerTests.asset(Self.a)])
        // The run to be made is there before, as `dags trigger` leaves it.
        let key = RunKey(dagID: "producer", runID: "r1")
        let wanted = DAGRun(key: key, type: .manual, runAfter: world.clock.wallClock.now(), triggeredBy: .cli)
        try await world.store.commit([.saveRun(wanted)], epoch: 0)
        let before = world.store.snapshot.commitCount
        if let number {
            world.store.withCore {
                $0.commitFaults[before + number] = afterEffect ? .afterEffect(.statement) : .beforeEffect(.statement)
            }
        }
        do {
            try await world.settle(try await world.start(dags))
        } catch is StoreError {
            world.clock.advance(by: .seconds(60))
            try await world.settle(try await world.start(dags))
        }
        let runs = try await world.consumerRuns("d")
        var events = 0
        for run in runs { events += try await world.store.consumedAssetEvents(run.key).count }
        return Found(
            commits: world.store.snapshot.commitCount - before, runs: runs.count, events: events,
            queued: try await world.store.assetQueue().queued.count)
    }
}
