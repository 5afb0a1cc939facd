import PipelineCore
import Testing

/// Runs of partitions, by what events and answers come.
@Suite struct PartitionPlannerTests {
    static let midnight = AssetPlannerTests.midnight
    static let a = AssetPlannerTests.a
    static let b = AssetPlannerTests.b

    static func mapper(_ name: String, _ arguments: JSONValue = [:]) -> JSONValue {
        ["__type": .string("airflow.partition_mappers.x.\(name)"), "__var": arguments]
    }

    static let identity = mapper("IdentityMapper")
    static let startOfDay = mapper("StartOfDayMapper", ["input_format": "%Y-%m-%dT%H"])
    static let custom: JSONValue = ["__type": "my.plugin.Mapper", "__var": [:]]

    static func rollup(_ keys: [String], minimum: Int? = nil) -> JSONValue {
        let policy = minimum.map { mapper("MinimumCount", ["n": .int($0)]) } ?? mapper("WaitForAll")
        return mapper(
            "RollupMapper",
            [
                "upstream_mapper": mapper("FixedKeyMapper", ["downstream_key": "all"]), "wait_policy": policy,
                "window": mapper("SegmentWindow", ["segments": .array(keys.map { .string($0) })]),
            ])
    }

    static func schedule(
        _ condition: JSONValue, _ standard: JSONValue = identity, mappings: [AssetKey: JSONValue] = [:],
        dag dagID: String = "d", isPaused: Bool = false
    ) throws -> DAGSchedule {
        var header = DAGHeader(id: dagID)
        header.timetable = .partitionedAsset(
            PartitionedAssetDefinition(
                condition: condition,
                mappings: mappings.map { .init(asset: AssetPlannerTests.asset($0.key), mapper: $0.value) },
                defaultMapper: standard))
        let timetable = try TimetableFactory { _ in .utc }.timetable(header.timetable)
        return DAGSchedule(header, timetable: timetable, isPaused: isPaused, last: nil)
    }

    static let both = AssetPlannerTests.condition(
        "asset_all", [AssetPlannerTests.asset(a), AssetPlannerTests.asset(b)])

    /// A task that has written assets, in a run of a partition.
    static func written(
        _ keys: AssetKey..., partition: String?, date: Timestamp? = nil, run: String = "r", payloads: [String] = []
    ) -> StoreChange {
        let task = TaskInstanceKey(run: RunKey(dagID: "producer", runID: run), taskID: "t")
        let events: [JSONValue] = keys.flatMap { key in
            payloads.map {
                [
                    "dest_asset_key": ["name": .string(key.name), "uri": .string(key.uri)], "extra": [:],
                    "partition_key": .string($0),
                ]
            }
        }
        return .saveAssetEvents(
            task: task, outlets: keys.map(AssetPlannerTests.outlet), events: events,
            partition: partition.map { RunPartition(key: $0, date: date) }, at: midnight)
    }

    /// A planner as a scheduler asks it: until it wants no more, with the changes of its runs.
    struct Bench {
        var planner: PartitionPlanner
        var now = midnight
        var questions: [PartitionQuestion] = []
        var notes: [String] = []
        var changes: [PartitionChange] = []

        init(_ queue: PartitionQueue = PartitionQueue(), active: [AssetKey] = [a, b], maximumTargets: Int = 1_000) {
            planner = PartitionPlanner(queue, active: active, maximumTargets: maximumTargets)
        }

        /// - Parameter creates: `false`: the runs that are wanted do not come into being.
        @discardableResult
        mutating func turn(
            _ events: [SchedulerEvent] = [], _ changes: [StoreChange] = [], creates: Bool = true
        ) -> [DAGRun] {
            var runs: [DAGRun] = []
            var turn = PlanningTurn(now: now, events: events, changes: changes)
            while true {
                let plan = planner.plan(turn)
                note(plan)
                runs += plan.runs.map(\.run)
                guard creates, !plan.runs.isEmpty else { return runs }
                let following = plan.runs.flatMap(\.changes)
                note(following)
                turn = PlanningTurn(now: now, changes: plan.runs.map { .saveRun($0.run) } + following)
            }
        }

        private mutating func note(_ plan: RunPlan) {
            questions += plan.partitionQuestions
            notes += plan.notes
            note(plan.changes)
        }

        private mutating func note(_ all: [StoreChange]) {
            changes += all.compactMap { if case .partition(let change) = $0 { change } else { nil } }
        }

        mutating func write(_ keys: AssetKey..., partition: String?, run: String = "r") -> [DAGRun] {
            turn([], keys.map { PartitionPlannerTests.written($0, partition: partition, run: run + $0.name) })
        }
    }

    @Test func aRunComesForAKeyWhenAllAssetsHaveIt() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(Self.both)])])
        var runs = bench.write(Self.a, partition: "x") + bench.write(Self.b, partition: "y")
        #expect(runs.isEmpty)
        runs = bench.write(Self.b, partition: "x", run: "s")
        #expect(runs.map(\.partitionKey) == ["x"])
        let run = try #require(runs.first)
        #expect(run.type == .assetTriggered && run.runAfter == Self.midnight && run.logicalDate == nil)
        #expect(run.key.runID.hasPrefix("asset_triggered__2026-01-01T00:00:00+00:00_"))
        let target = PartitionTarget(dagID: "d", key: "x")
        #expect(bench.changes.suffix(2) == [.consume(run: run.key, target), .remove(target)])
        // The next event of the key is for the next run of it.
        runs = bench.write(Self.a, partition: "x", run: "t") + bench.write(Self.b, partition: "x", run: "t")
        #expect(runs.count == 1 && runs[0].key != run.key)
    }

    @Test func eachAssetHasItsMapper() throws {
        var bench = Bench()
        let schedule = try Self.schedule(Self.both, mappings: [Self.a: Self.startOfDay])
        bench.turn([.schedulesChanged([schedule])])
        _ = bench.write(Self.a, partition: "2026-01-02T05")
        let runs = bench.write(Self.b, partition: "2026-01-02")
        #expect(runs.map(\.partitionKey) == ["2026-01-02"])
        #expect(runs.map(\.partitionDate) == [Self.midnight + .seconds(86_400)])
    }

    @Test func aRollupWaitsForItsKeys() throws {
        var bench = Bench()
        let schedules = [
            try Self.schedule(AssetPlannerTests.asset(Self.a), Self.rollup(["us", "eu", "apac"]), dag: "all"),
            try Self.schedule(AssetPlannerTests.asset(Self.a), Self.rollup(["us", "eu", "apac"], minimum: 2), dag: "two"),
            try Self.schedule(AssetPlannerTests.asset(Self.a), Self.rollup(["us"], minimum: 2), dag: "never"),
        ]
        bench.turn([.schedulesChanged(schedules)])
        let made = ["us", "us", "mars", "eu", "apac"].enumerated().map { number, key in
            bench.write(Self.a, partition: key, run: "\(number)").map(\.key.dagID)
        }
        #expect(made == [[], [], [], ["two"], ["all"]])
        #expect(bench.notes.contains { $0.contains("DAG never: asset") && $0.contains("can never satisfy") })
    }

    @Test func oneEventMayBeForManyPartitions() throws {
        let fanOut = Self.mapper(
            "FanOutMapper",
            [
                "upstream_mapper": Self.identity, "downstream_mapper": Self.identity,
                "window": Self.mapper("SegmentWindow", ["segments": ["us", "eu", "apac"]]),
            ])
        var bench = Bench(maximumTargets: 3)
        bench.turn([.schedulesChanged([try Self.schedule(AssetPlannerTests.asset(Self.a), fanOut)])])
        let runs = bench.write(Self.a, partition: "x")
        #expect(Set(runs.compactMap(\.partitionKey)) == ["us", "eu", "apac"] && runs.count == 3)
        var narrow = Bench(maximumTargets: 2)
        narrow.turn([.schedulesChanged([try Self.schedule(AssetPlannerTests.asset(Self.a), fanOut)])])
        let none = narrow.write(Self.a, partition: "x")
        #expect(none.isEmpty && narrow.changes.isEmpty)
        #expect(narrow.notes.contains { $0.contains("makes 3 keys of it, more than 2") })
    }

    @Test func aTaskMayNameThePartitionsThatItWrote() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(AssetPlannerTests.asset(Self.a))])])
        let date = Self.midnight + .seconds(60)
        let runs = bench.turn([], [Self.written(Self.a, partition: "own", date: date, payloads: ["x", "own"])])
        #expect(runs.map(\.partitionKey) == ["x", "own"])
        // The run's date is for the run's key only.
        #expect(runs.map(\.partitionDate) == [nil, date])
    }

    @Test func producersThatDisagreeGiveNoDate() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(Self.both)])])
        bench.turn([], [Self.written(Self.a, partition: "x", date: Self.midnight, run: "1")])
        bench.turn([], [Self.written(Self.a, partition: "x", date: nil, run: "2")])
        let runs = bench.turn([], [Self.written(Self.b, partition: "x", date: Self.midnight + .seconds(1), run: "3")])
        #expect(runs.map(\.partitionDate) == [nil] && runs.map(\.partitionKey) == ["x"])
    }

    @Test func anEventWithoutAKeyStartsNothingAndIsSaid() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(AssetPlannerTests.asset(Self.a))])])
        let runs = bench.write(Self.a, partition: nil)
        #expect(runs.isEmpty && bench.changes.isEmpty)
        #expect(bench.notes.contains { $0.contains("without a partition key; d wait") })
    }

    @Test func aKeyThatTheMapperDoesNotTakeIsSaid() throws {
        let allowed = Self.mapper("AllowedKeyMapper", ["allowed_keys": ["us"]])
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(AssetPlannerTests.asset(Self.a), allowed)])])
        #expect(bench.write(Self.a, partition: "mars").isEmpty && bench.changes.isEmpty)
        #expect(bench.notes.contains { $0.contains("Key 'mars' not in allowed keys") })
    }

    /// Airflow's rules: a pause keeps events from counting, and holds back no partition that has what it needs.
    @Test func aPausedDAGTakesNoEvents() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(Self.both)])])
        _ = bench.write(Self.a, Self.b, partition: "before")
        bench.turn([.dagPaused(dagID: "d", true)])
        #expect(bench.write(Self.a, Self.b, partition: "x", run: "s").isEmpty)
        bench.turn([.dagPaused(dagID: "d", false)])
        #expect(bench.write(Self.b, partition: "x", run: "t").isEmpty)
        #expect(bench.write(Self.a, partition: "x", run: "u").map(\.partitionKey) == ["x"])
    }

    @Test func eventsOfInactiveAssetsCountAgainLater() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(Self.both)])])
        _ = bench.write(Self.a, partition: "x")
        bench.turn([.activeAssetsChanged([Self.b])])
        #expect(bench.write(Self.b, partition: "x").isEmpty)
        #expect(bench.turn([.activeAssetsChanged([Self.a, Self.b])]).map(\.partitionKey) == ["x"])
    }

    @Test func otherMappersDropWhatIsPending() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(Self.both)])])
        _ = bench.write(Self.a, partition: "x")
        bench.turn([.schedulesChanged([try Self.schedule(Self.both)])])
        #expect(bench.planner.plan(PlanningTurn(now: Self.midnight)).isEmpty)
        bench.changes = []
        bench.turn([.schedulesChanged([try Self.schedule(Self.both, Self.startOfDay)])])
        #expect(bench.changes == [.remove(PartitionTarget(dagID: "d", key: "x"))])
    }

    @Test func withoutItsDAGAPendingPartitionStays() throws {
        var bench = Bench()
        let schedule = try Self.schedule(Self.both)
        bench.turn([.schedulesChanged([schedule])])
        _ = bench.write(Self.a, partition: "x")
        bench.turn([.schedulesRemoved(["d"])])
        #expect(bench.write(Self.b, partition: "x").isEmpty)
        bench.turn([.schedulesChanged([schedule])])
        #expect(bench.write(Self.b, partition: "x", run: "s").map(\.partitionKey) == ["x"])
    }

    @Test func whatTheStoreHoldsIsGoneOnWith() throws {
        let schedule = try Self.schedule(Self.both)
        var queue = PartitionQueue()
        let target = PartitionTarget(dagID: "d", key: "x")
        queue.pending = [
            PendingPartition(
                target: target, date: Self.midnight, fingerprint: schedule.partitions?.fingerprint ?? "",
                createdAt: Self.midnight)
        ]
        queue.arrivals = [PartitionArrival(target: target, asset: Self.a, event: .id(1), sourceKey: "x")]
        var bench = Bench(queue)
        bench.turn([.schedulesChanged([schedule])])
        let runs = bench.write(Self.b, partition: "x")
        #expect(runs.map(\.partition) == [RunPartition(key: "x", date: Self.midnight)])
    }

    @Test func aRunThatDidNotComeIntoBeingLeavesWhatIsPending() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(AssetPlannerTests.asset(Self.a))])])
        #expect(bench.turn([], [Self.written(Self.a, partition: "x")], creates: false).count == 1)
        #expect(bench.turn([.activeAssetsChanged([Self.a, Self.b])]).map(\.partitionKey) == ["x"])
    }

    @Test func externalEventsCount() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(AssetPlannerTests.asset(Self.a))])])
        let event = AssetEvent(
            id: 7, name: "a", uri: Self.a.uri, extra: [:], aliasNames: [], source: nil, timestamp: Self.midnight,
            partitionKey: "x")
        #expect(bench.turn([.assetEventsCreated([event])]).map(\.partitionKey) == ["x"])
        #expect(bench.changes.contains { if case .arrive(let arrival) = $0 { arrival.event == .id(7) } else { false } })
    }

    // MARK: - Custom mappers

    @Test func aCustomMapperIsAskedAndItsAnswerCounts() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(AssetPlannerTests.asset(Self.a), Self.custom)])])
        #expect(bench.write(Self.a, partition: "eu::x").isEmpty)
        let question = try #require(bench.questions.first)
        #expect(question.sourceKey == "eu::x" && bench.changes == [.ask(question)])
        let needed = CustomPartition(
            requirement: PartitionRequirement(expected: ["eu::x", "us::x"], policy: .all), date: Self.midnight)
        let answer = PartitionAnswer.targets(PartitionMapping(targets: [("x", needed)]))
        #expect(bench.turn([.partitionMapped(question, answer)]).isEmpty)
        #expect(bench.changes.contains(.settle(question)))
        // A second answer to the same question changes nothing.
        #expect(bench.turn([.partitionMapped(question, answer)]).isEmpty)
        _ = bench.write(Self.a, partition: "us::x", run: "s")
        let other = try #require(bench.questions.last)
        let runs = bench.turn([.partitionMapped(other, answer)])
        #expect(runs.map(\.partition) == [RunPartition(key: "x", date: Self.midnight)])
    }

    @Test func aMapperThatCannotBeAskedIsAskedAgain() throws {
        var bench = Bench()
        bench.turn([.schedulesChanged([try Self.schedule(AssetPlannerTests.asset(Self.a), Self.custom)])])
        _ = bench.write(Self.a, partition: "x")
        let question = try #require(bench.questions.first)
        bench.turn([.partitionMapped(question, .unavailable("no Python"))])
        let wake = try #require(bench.planner.nextWake)
        #expect(wake == Self.midnight + .seconds(10) && bench.questions.count == 1)
        bench.now = wake
        bench.turn([.timeReached])
        #expect(bench.questions == [question, question] && bench.planner.nextWake == nil)
        bench.turn([.partitionMapped(question, .refused("ValueError: no"))])
        #expect(bench.changes.last == .settle(question) && bench.notes.last?.contains("ValueError: no") == true)
    }

    @Test func openQuestionsOfTheStoreAreAskedUnlessTheMapperHasChanged() throws {
        let schedule = try Self.schedule(AssetPlannerTests.asset(Self.a), Self.custom)
        func question(_ id: Int, _ fingerprint: String) -> PartitionQuestion {
            PartitionQuestion(
                dagID: "d", asset: Self.a, event: .id(id), sourceKey: "x", sourceDate: nil, fingerprint: fingerprint,
                at: Self.midnight)
        }
        var queue = PartitionQueue()
        let (current, stale) = (question(1, schedule.partitions?.fingerprint ?? ""), question(2, "other"))
        queue.questions = [current, stale]
        var bench = Bench(queue)
        bench.turn([.schedulesChanged([schedule])])
        #expect(bench.questions == [current] && bench.changes == [.settle(stale)])
    }
}
