import PipelineCore
import PipelineTestSupport
import Testing

/// Runs that are cleared on another version of their DAG.
@Suite struct VersionChangeTests {
    static let noon = Timestamp(seconds: 1_767_268_800)
    static let old = UUID7(high: 0x7001, low: 1 << 63)
    static let new = UUID7(high: 0x7002, low: 1 << 63)
    static let key = RunKey(dagID: "d", runID: "r")

    static func dag(_ tasks: [(String, [String])], pool: String = Pool.defaultName) throws -> DAG {
        var builder = DAGBuilder("d")
        for (id, upstream) in tasks { builder.task(id, after: upstream) { $0.pool = pool } }
        return try builder.build()
    }

    static func run() -> DAGRun {
        var run = DAGRun(key: key, type: .manual, runAfter: noon, triggeredBy: .cli)
        (run.logicalDate, run.dagVersionID) = (noon, old)
        return run
    }

    static func change(_ dag: DAG, xcoms: [(task: TaskInstanceKey, notice: XComNotice)] = []) -> VersionChange {
        VersionChange(to: PinnedDAG(dag: dag, versionID: new, bundleVersion: "abc"), xcoms: xcoms)
    }

    struct World: ~Copyable {
        var machine: SchedulerStateMachine
        var launched: [String: LaunchID] = [:]
        var saved: [TaskInstance] = []
        var runs: [DAGRun] = []

        init(_ dag: DAG) {
            machine = SchedulerStateMachine(
                limits: SchedulerLimits(),
                pools: [Pool(name: Pool.defaultName, slots: 9), Pool(name: "gpu", slots: 1)], seed: 1)
            handle(.runCreated(RunSnapshot(run: VersionChangeTests.run(), dag: dag)))
        }

        mutating func handle(_ event: SchedulerEvent) {
            (launched, saved, runs) = ([:], [], [])
            for action in machine.handle(event, now: VersionChangeTests.noon) {
                switch action {
                case .launch(let launch): launched[launch.instance.taskID] = launch.id
                case .store(.saveTask(let task)): saved.append(task)
                case .store(.saveRun(let run)): runs.append(run)
                default: break
                }
            }
            #expect(machine.audit() == [])
        }

        mutating func end(_ taskID: String, _ outcome: TaskOutcome) throws {
            handle(.taskEnded(try #require(launched[taskID]), outcome))
        }

        func states() -> [String: TaskState?] {
            Dictionary(uniqueKeysWithValues: machine.taskInstances(VersionChangeTests.key).map { ($0.taskID, $0.state) })
        }
    }

    @Test func aFinishedRunGoesOnWithTheTasksOfTheNewVersion() throws {
        let first = try Self.dag([("a", []), ("gone", ["a"]), ("c", ["a"])])
        var world = World(first)
        try world.end("a", .success())
        let launched = world.launched
        world.handle(.taskEnded(try #require(launched["gone"]), .success()))
        world.handle(.taskEnded(try #require(launched["c"]), .failed(reason: "x")))
        let ended = try #require(world.runs.first)
        #expect(ended.state == .failed)
        // As the store gives it to a scheduler that is asked to clear it.
        var snapshot = RunSnapshot(run: ended, dag: first)
        snapshot.taskInstances = [("a", TaskState.success), ("gone", .success), ("c", .failed)].map { id, state in
            var task = TaskInstance(
                id: UUID7(high: 0x7100, low: 1 << 63 | UInt64(id.utf8.count) << 8 | UInt64(id.utf8.first ?? 0)),
                key: TaskInstanceKey(run: Self.key, taskID: id))
            (task.state, task.tryNumber, task.launchNumber, task.endDate) = (state, 1, 1, Self.noon)
            task.pool = Pool.defaultName
            task.dagVersionID = Self.old
            return task
        }
        world.handle(.runLoaded(snapshot))
        let second = try Self.dag([("a", []), ("b", ["a"]), ("c", ["b"])], pool: "gpu")
        let request = ClearRequest(run: Self.key, taskIDs: ["c"])
        world.handle(.tasksClearedOnVersion(request, Self.change(second)))
        #expect(world.saved.first { $0.taskID == "gone" }?.state == .removed)
        #expect(world.runs.last?.dagVersionID == Self.new)
        #expect(world.runs.last?.bundleVersion == "abc")
        #expect(world.runs.last?.clearNumber == 1)
        #expect(world.states()["a"] == .success)
        #expect(world.saved.contains { $0.taskID == "a" } == false, "what is not cleared keeps its version")
        #expect(Array(world.launched.keys) == ["b"])
        try world.end("b", .success())
        let cleared = try #require(world.machine.taskInstances(Self.key).first { $0.taskID == "c" })
        #expect(cleared.state == .queued)
        #expect(cleared.pool == "gpu")
        #expect(cleared.dagVersionID == Self.new)
        try world.end("c", .success())
        #expect(world.runs.last?.state == .success)
    }

    @Test func whatRunsGoesOnAndIsStillFound() throws {
        var world = World(try Self.dag([("x", []), ("a", []), ("b", ["a"])]))
        let running = try #require(world.launched["a"])
        world.handle(.taskEnded(try #require(world.launched["x"]), .failed(reason: "x")))
        let second = try Self.dag([("a", []), ("b", ["a"]), ("new", []), ("x", [])])
        world.handle(.tasksClearedOnVersion(ClearRequest(run: Self.key, taskIDs: ["x"]), Self.change(second)))
        #expect(Set(world.launched.keys) == ["x", "new"])
        #expect(world.states()["a"] == .queued)
        world.handle(.taskEnded(running, .success()))
        #expect(Array(world.launched.keys) == ["b"])
    }

    @Test func aRunningTaskThatIsClearedComesBackOnTheNewVersion() throws {
        var world = World(try Self.dag([("z", []), ("a", [])]))
        let running = try #require(world.launched["a"])
        let second = try Self.dag([("a", []), ("z", [])])
        world.handle(.tasksClearedOnVersion(ClearRequest(run: Self.key, taskIDs: ["a"]), Self.change(second)))
        #expect(world.states()["a"] == .restarting)
        world.handle(.taskEnded(running, .failed(reason: "terminated")))
        #expect(Array(world.launched.keys) == ["a"])
        #expect(world.saved.last { $0.taskID == "a" }?.dagVersionID == Self.new)
    }

    @Test func aRetryIsStillTakenWhenItsTimeComes() throws {
        var builder = DAGBuilder("d")
        builder.task("z")
        builder.task("a") { $0.retry.retries = 2 }
        var world = World(try builder.build())
        try world.end("a", .failedMayRetry(reason: "x", delay: .seconds(60)))
        var second = DAGBuilder("d")
        second.task("a") { $0.retry.retries = 2 }
        second.task("z")
        world.handle(.tasksClearedOnVersion(ClearRequest(run: Self.key, taskIDs: ["z"]), Self.change(try second.build())))
        #expect(world.machine.nextWake == Self.noon + .seconds(60))
        let actions = world.machine.handle(.timeReached, now: Self.noon + .seconds(60))
        let launched = actions.compactMap { if case .launch(let launch) = $0 { launch.instance.taskID } else { nil } }
        #expect(launched == ["a"])
        #expect(world.machine.audit() == [])
    }

    @Test func nothingHappensWhileATaskThatIsGoneRuns() throws {
        var world = World(try Self.dag([("a", []), ("b", [])]))
        world.handle(.taskEnded(try #require(world.launched["a"]), .failed(reason: "x")))
        let second = try Self.dag([("a", [])])
        let change = Self.change(second)
        #expect(change.stranded(among: world.machine.taskInstances(Self.key)).map(\.taskID) == ["b"])
        world.handle(.tasksClearedOnVersion(ClearRequest(run: Self.key), change))
        #expect(world.saved.isEmpty && world.runs.isEmpty && world.launched.isEmpty)
    }

    @Test func resultsCountForTasksThatAreMappedOnlyNow() throws {
        var world = World(try Self.dag([("a", []), ("b", ["a"])]))
        try world.end("a", .success())
        world.handle(.taskEnded(try #require(world.launched["b"] ?? world.launched["a"]), .failed(reason: "x")))
        // The run is over and gone; the store gives it again.
        var builder = DAGBuilder("d")
        builder.task("a")
        builder.task("b", after: ["a"]) { $0.expandInput = .result(of: "a") }
        var ended = Self.run()
        (ended.state, ended.startDate, ended.endDate) = (.failed, Self.noon, Self.noon)
        var snapshot = RunSnapshot(run: ended, dag: try Self.dag([("a", []), ("b", ["a"])]))
        for (number, (id, state)) in [("a", TaskState.success), ("b", .failed)].enumerated() {
            var task = TaskInstance(
                id: UUID7(high: 0x7200, low: 1 << 63 | UInt64(number)), key: TaskInstanceKey(run: Self.key, taskID: id))
            (task.state, task.tryNumber, task.launchNumber, task.endDate) = (state, 1, 1, Self.noon)
            task.pool = Pool.defaultName
            snapshot.taskInstances.append(task)
        }
        let notice = XComNotice(key: XCom.returnKey, mappedLength: 3)
        let source = TaskInstanceKey(run: Self.key, taskID: "a")
        world.handle(.runLoaded(snapshot))
        world.handle(.tasksClearedOnVersion(
            ClearRequest(run: Self.key, taskIDs: ["b"]), Self.change(try builder.build(), xcoms: [(source, notice)])))
        let instances = world.machine.taskInstances(Self.key).filter { $0.taskID == "b" }
        #expect(instances.map(\.mapIndex) == [0, 1, 2])
        #expect(instances.allSatisfy { $0.state == .queued })
    }
}
