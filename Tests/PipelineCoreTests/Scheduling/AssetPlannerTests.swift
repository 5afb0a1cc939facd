import PipelineCore
import Testing

@Suite struct AssetPlannerTests {
    static let midnight = Timestamp(seconds: 1_767_225_600)
    static let a = AssetKey(name: "a", uri: "s3://lake/a")
    static let b = AssetKey(name: "b", uri: "s3://lake/b")

    var planner = AssetPlanner(active: [a, b])

    static func asset(_ key: AssetKey) -> JSONValue {
        ["__type": "asset", "name": .string(key.name), "uri": .string(key.uri), "group": "asset", "extra": [:]]
    }

    static func condition(_ type: String, _ members: [JSONValue]) -> JSONValue {
        ["__type": .string(type), "objects": .array(members)]
    }

    static func schedule(
        _ condition: JSONValue?, dag dagID: String = "d", catchup: Bool = false, maxActiveRuns: Int = 16,
        isPaused: Bool = false
    ) -> DAGSchedule {
        var header = DAGHeader(id: dagID)
        if let condition { header.timetable = .assetTriggered(condition: condition) }
        header.catchup = catchup
        header.maxActiveRuns = maxActiveRuns
        return DAGSchedule(header, timetable: nil, isPaused: isPaused, last: nil)
    }

    static func outlet(_ key: AssetKey) -> JSONValue {
        ["name": .string(key.name), "uri": .string(key.uri), "type": "Asset"]
    }

    static func written(_ keys: AssetKey..., at instant: Timestamp = midnight) -> StoreChange {
        let task = TaskInstanceKey(run: RunKey(dagID: "producer", runID: "r"), taskID: "t")
        return .saveAssetEvents(task: task, outlets: keys.map(outlet), events: [], at: instant)
    }

    /// An event that a task has sent through aliases.
    static func aliased(_ aliases: [String], _ key: AssetKey, at instant: Timestamp = midnight) -> StoreChange {
        let task = TaskInstanceKey(run: RunKey(dagID: "producer", runID: "r"), taskID: "t")
        return .saveAssetEvents(
            task: task, outlets: aliases.map { ["name": .string($0), "type": "AssetAlias"] },
            events: aliases.map {
                [
                    "source_alias_name": .string($0), "extra": [:],
                    "dest_asset_key": ["name": .string(key.name), "uri": .string(key.uri)],
                ]
            }, at: instant)
    }

    struct Made {
        var runs: [DAGRun] = []
        var changes: [StoreChange] = []

        var consumptions: [AssetConsumption] {
            changes.compactMap { if case .consumeAssetEvents(let consumption) = $0 { consumption } else { nil } }
        }
        var queued: [QueuedAsset] {
            changes.compactMap { if case .queueAsset(let row) = $0 { row } else { nil } }
        }
    }

    /// Asks until the planner wants no more, as the scheduler does; the runs are queued unless they are refused.
    mutating func plan(
        _ events: [SchedulerEvent] = [], _ changes: [StoreChange] = [], at now: Timestamp = midnight, refusing: Bool = false
    ) -> Made {
        var (turn, made) = (PlanningTurn(now: now, events: events, changes: changes), Made())
        for _ in 0..<10 {
            let plan = planner.plan(turn)
            if plan.isEmpty { return made }
            made.changes += plan.changes
            turn = PlanningTurn(now: now)
            guard !refusing else { continue }
            made.runs += plan.runs.map(\.run)
            made.changes += plan.runs.flatMap(\.changes)
            turn.changes = plan.runs.flatMap { [.saveRun($0.run)] + $0.changes }
        }
        Issue.record("the planner wants runs without end")
        return made
    }

    func ended(_ run: DAGRun, at now: Timestamp = midnight) -> StoreChange {
        var run = run
        (run.state, run.endDate) = (.success, now)
        return .saveRun(run)
    }

    @Test mutating func aRunComesWhenAllAssetsHaveHadAnEvent() throws {
        let both = Self.condition("asset_all", [Self.asset(Self.a), Self.asset(Self.b)])
        _ = plan([.schedulesChanged([Self.schedule(both)])])
        #expect(plan([], [Self.written(Self.a)]).runs.isEmpty)
        #expect(plan([], [Self.written(Self.a, at: Self.midnight + .seconds(5))]).runs.isEmpty)
        let later = Self.midnight + .seconds(9)
        let made = plan([], [Self.written(Self.b, at: later)], at: later)
        let run = try #require(made.runs.first)
        #expect(made.runs.count == 1)
        #expect(run.type == .assetTriggered && run.triggeredBy == .asset && run.state == .queued)
        #expect(run.logicalDate == nil && run.dataIntervalStart == nil && run.runAfter == later)
        #expect(run.key.runID.wholeMatch(of: /asset_triggered__2026-01-01T00:00:09\+00:00_[a-zA-Z0-9]{8}/) != nil)
        #expect(made.changes.contains(.dequeueAssets(dagID: "d", [Self.a, Self.b])))
        #expect(made.consumptions.map(\.assets) == [[Self.a, Self.b]])
        #expect(plan([], [Self.written(Self.b, at: later)], at: later).runs.isEmpty)
    }

    /// Found by the simulation: the run had none of the events that had started it.
    @Test mutating func theWindowOfAFirstRunReachesBackWithAClockThatWasSetBack() {
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])])
        let earlier = Self.midnight - .seconds(3_600)
        let made = plan([], [Self.written(Self.a, at: earlier)], at: earlier)
        #expect(made.consumptions.map(\.from) == [earlier])
        #expect(made.consumptions.map(\.through) == [earlier])
    }

    @Test mutating func anyAssetIsEnough() {
        let either = Self.condition("asset_any", [Self.asset(Self.a), Self.asset(Self.b)])
        _ = plan([.schedulesChanged([Self.schedule(either)])])
        #expect(plan([], [Self.written(Self.b)]).runs.count == 1)
        #expect(plan([], [Self.written(Self.a)]).runs.count == 1)
        #expect(plan([], [Self.written(Self.a, Self.b)]).runs.count == 1)
    }

    @Test mutating func conditionsNest() {
        let c = AssetKey(name: "c", uri: "c")
        let nested = Self.condition(
            "asset_all", [Self.condition("asset_any", [Self.asset(Self.a), Self.asset(Self.b)]), Self.asset(c)])
        _ = plan([.activeAssetsChanged([Self.a, Self.b, c]), .schedulesChanged([Self.schedule(nested)])])
        #expect(plan([], [Self.written(Self.a, Self.b)]).runs.isEmpty)
        #expect(plan([], [Self.written(c)]).runs.count == 1)
    }

    @Test mutating func theSameInputsGiveTheSameRun() {
        var other = planner
        let events: [SchedulerEvent] = [.schedulesChanged([Self.schedule(Self.asset(Self.a))])]
        let first = planner.plan(PlanningTurn(now: Self.midnight, events: events, changes: [Self.written(Self.a)]))
        let second = other.plan(PlanningTurn(now: Self.midnight, events: events, changes: [Self.written(Self.a)]))
        #expect(first.runs == second.runs && !first.runs.isEmpty)
    }

    @Test mutating func runsOfOneInstantAreTwoRuns() throws {
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])])
        let first = plan([], [Self.written(Self.a)])
        let second = plan([], [Self.written(Self.a)])
        #expect(first.runs.map(\.runAfter) == [Self.midnight])
        #expect(second.runs.map(\.runAfter) == [Self.midnight + .microseconds(1)])
        #expect(first.runs.first?.key != second.runs.first?.key)
        #expect(second.consumptions.map(\.from) == [Self.midnight])
    }

    @Test mutating func windowsBeginWhereTheLastRunWas() {
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])])
        let start = plan([], [Self.written(Self.a, at: Self.midnight + .seconds(5))], at: Self.midnight + .seconds(5))
        // The schedule names the asset since midnight: what was before is skipped.
        #expect(start.consumptions.map(\.from) == [Self.midnight])
        #expect(start.consumptions.map(\.through) == [Self.midnight + .seconds(5)])
        let next = plan([], [Self.written(Self.a, at: Self.midnight + .seconds(8))], at: Self.midnight + .seconds(8))
        #expect(next.consumptions.map(\.from) == [Self.midnight + .seconds(5)])
    }

    @Test mutating func aFirstRunThatCatchesUpConsumesAll() {
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a), catchup: true)])])
        #expect(plan([], [Self.written(Self.a)]).consumptions.map(\.from) == [nil])
    }

    @Test mutating func referencesAreNotedOnceAndForgotten() {
        let both = Self.condition("asset_all", [Self.asset(Self.a), Self.asset(Self.b)])
        let first = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])])
        let sinceMidnight = AssetReference(asset: Self.a, since: Self.midnight)
        #expect(first.changes == [.saveAssetReferences(dagID: "d", [sinceMidnight])])
        let later = Self.midnight + .seconds(60)
        #expect(plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])], at: later).changes.isEmpty)
        let second = plan([.schedulesChanged([Self.schedule(both)])], at: later)
        #expect(
            second.changes
                == [.saveAssetReferences(dagID: "d", [sinceMidnight, AssetReference(asset: Self.b, since: later)])])
        #expect(plan([.schedulesChanged([Self.schedule(nil)])]).changes == [.saveAssetReferences(dagID: "d", [])])
    }

    @Test mutating func aPausedDAGIsNotQueuedForAndWaits() {
        let both = Self.condition("asset_all", [Self.asset(Self.a), Self.asset(Self.b)])
        _ = plan([.schedulesChanged([Self.schedule(both)])])
        #expect(plan([], [Self.written(Self.a)]).queued.count == 1)
        _ = plan([.dagPaused(dagID: "d", true)])
        #expect(plan([], [Self.written(Self.b)]).queued.isEmpty)
        #expect(plan([.dagPaused(dagID: "d", false)]).runs.isEmpty)
        #expect(plan([], [Self.written(Self.b)]).runs.count == 1)
    }

    @Test mutating func whatWasQueuedBeforeAPauseRunsAfterIt() {
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a), maxActiveRuns: 1)])])
        let first = plan([], [Self.written(Self.a)])
        #expect(plan([], [Self.written(Self.a)]).runs.isEmpty)
        #expect(plan([.dagPaused(dagID: "d", true)], first.runs.map { ended($0) }).runs.isEmpty)
        #expect(plan([.dagPaused(dagID: "d", false)]).runs.count == 1)
    }

    /// Airflow defers the run, and later events of an asset that is queued already leave the row as it is.
    @Test mutating func maxActiveRunsDefersARun() {
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a), maxActiveRuns: 1)])])
        let first = plan([], [Self.written(Self.a)])
        #expect(first.runs.count == 1)
        let later = Self.midnight + .seconds(5)
        #expect(plan([], [Self.written(Self.a, at: later)], at: later).queued.map(\.at) == [later])
        #expect(plan([], [Self.written(Self.a, at: later + .seconds(5))], at: later + .seconds(5)).queued.isEmpty)
        let next = plan([], first.runs.map { ended($0) }, at: later + .seconds(9))
        #expect(next.runs.map(\.runAfter) == [later])
        #expect(next.consumptions.map(\.through) == [later])
    }

    @Test mutating func aRunByHandTakesRoom() {
        var manual = DAGRun(
            key: RunKey(dagID: "d", runID: "m"), type: .manual, runAfter: Self.midnight, triggeredBy: .cli)
        manual.state = .running
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a), maxActiveRuns: 1)])], [.saveRun(manual)])
        #expect(plan([], [Self.written(Self.a)]).runs.isEmpty)
        #expect(plan([], [ended(manual)]).runs.count == 1)
    }

    @Test mutating func aRefusedRunLeavesTheQueue() {
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])])
        #expect(plan([], [Self.written(Self.a)], refusing: true).runs.isEmpty)
        #expect(plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])]).runs.count == 1)
    }

    @Test mutating func onlyEventsOfActiveAssetsCount() {
        _ = plan([.activeAssetsChanged([Self.b]), .schedulesChanged([Self.schedule(Self.asset(Self.a))])])
        #expect(plan([], [Self.written(Self.a)]).queued.isEmpty)
        _ = plan([.activeAssetsChanged([Self.a])])
        #expect(plan([], [Self.written(Self.a)]).runs.count == 1)
    }

    @Test mutating func anAliasIsMetByAnyAssetThatCameThroughIt() {
        let alias: JSONValue = ["__type": "asset_alias", "name": "daily", "group": "asset"]
        _ = plan([.schedulesChanged([Self.schedule(alias), Self.schedule(Self.asset(Self.a), dag: "direct")])])
        let new = AssetKey(name: "new", uri: "s3://lake/new")
        let made = plan([], [Self.aliased(["daily", "other"], new)])
        #expect(made.runs.map(\.key.dagID) == ["d"])
        #expect(made.consumptions.map(\.aliases) == [["daily"]])
        #expect(made.queued == [QueuedAsset(dagID: "d", asset: new, at: Self.midnight)])
        // An event through an alias is one of the asset too; a direct one is none of the alias.
        #expect(plan([], [Self.aliased(["daily"], Self.a)]).runs.map(\.key.dagID) == ["d", "direct"])
        #expect(plan([], [Self.written(Self.a)]).runs.map(\.key.dagID) == ["direct"])
    }

    @Test mutating func aReferenceIsTheActiveAssetOfItsNameOrURI() {
        let byName: JSONValue = ["__type": "asset_ref", "name": "a"]
        let byURI: JSONValue = ["__type": "asset_ref", "uri": "s3://lake/b"]
        let unknown: JSONValue = ["__type": "asset_ref", "name": "unknown"]
        _ = plan([
            .schedulesChanged([
                Self.schedule(byName, dag: "n"), Self.schedule(byURI, dag: "u"), Self.schedule(unknown, dag: "x"),
            ])
        ])
        let made = plan([], [Self.written(Self.a)])
        #expect(made.runs.map(\.key.dagID) == ["n"])
        #expect(made.consumptions.map(\.assets) == [[Self.a]])
        #expect(plan([], [Self.written(Self.b)]).runs.map(\.key.dagID) == ["u"])
    }

    @Test mutating func theQueueOfTheStoreIsGoneOnWith() {
        var queue = AssetQueue()
        queue.queued = [QueuedAsset(dagID: "d", asset: Self.a, at: Self.midnight - .seconds(9))]
        queue.lastRuns = ["d": Self.midnight - .seconds(99)]
        queue.references = ["d": [AssetReference(asset: Self.a, since: Self.midnight - .seconds(500))]]
        planner = AssetPlanner(queue, active: [Self.a])
        let made = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])])
        #expect(made.runs.map(\.runAfter) == [Self.midnight - .seconds(9)])
        #expect(made.consumptions.map(\.from) == [Self.midnight - .seconds(99)])
    }

    @Test mutating func whatWaitsNoMoreIsDropped() {
        var queue = AssetQueue()
        queue.queued = [QueuedAsset(dagID: "d", asset: Self.a, at: Self.midnight)]
        planner = AssetPlanner(queue, active: [Self.a])
        #expect(plan([.schedulesChanged([Self.schedule(nil)])]).changes == [.dequeueAssets(dagID: "d", [Self.a])])
        #expect(plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])]).runs.isEmpty)
    }

    @Test mutating func aRemovedDAGGetsNoRuns() {
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])])
        #expect(plan([.schedulesRemoved(["d"])], [Self.written(Self.a)]).runs.isEmpty)
    }

    @Test mutating func externalEventsAreRegisteredAndCount() {
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])])
        let event = AssetEvent(
            id: 7, name: "a", uri: "s3://lake/a", extra: [:], aliasNames: [], source: nil,
            timestamp: Self.midnight - .seconds(60))
        let made = plan([.assetEventsCreated([event])])
        #expect(made.changes.first == .registerAssetEvents(ids: [7], at: Self.midnight))
        #expect(made.runs.map(\.runAfter) == [Self.midnight])
    }

    /// Source: Airflow 3.3 `AssetManager._queue_dagruns`.
    @Test mutating func eventsOfPartitionsStartNoOrdinaryDAG() {
        _ = plan([.schedulesChanged([Self.schedule(Self.asset(Self.a))])])
        let task = TaskInstanceKey(run: RunKey(dagID: "producer", runID: "r"), taskID: "t")
        let payload: JSONValue = [
            "dest_asset_key": ["name": "a", "uri": "s3://lake/a"], "extra": [:], "partition_key": "2026-01-01",
        ]
        let change = StoreChange.saveAssetEvents(
            task: task, outlets: [Self.outlet(Self.a)], events: [payload], at: Self.midnight)
        #expect(plan([], [change]).queued.isEmpty)
    }

    @Test mutating func assetOrTimeLeavesTimeToTheOtherPlanner() throws {
        var header = DAGHeader(id: "d")
        let cron = TimetableDefinition.cronTrigger(
            expression: "0 0 * * *", timezone: "UTC", interval: .zero, runImmediately: .never)
        header.timetable = .assetOrTime(condition: Self.asset(Self.a), timetable: cron)
        let timetable = try TimetableFactory { _ in .utc }.timetable(header.timetable)
        let schedule = DAGSchedule(header, timetable: timetable, isPaused: false, last: nil)
        let afternoon = Self.midnight + .seconds(50_000)
        _ = plan([.schedulesChanged([schedule])], at: afternoon)
        #expect(planner.nextWake == nil)
        #expect(plan([], [Self.written(Self.a, at: afternoon)], at: afternoon).runs.count == 1)
        var time = TimePlanner()
        _ = time.plan(PlanningTurn(now: afternoon, events: [.schedulesChanged([schedule])]))
        #expect(time.nextWake == Self.midnight + .seconds(86_400))
    }
}
