import Glibc
import PipelineCore
import PipelineTestSupport
import Testing

/// The machine's own cost: what is left when no process and no store is there. In a release build 10,000 empty tasks
/// must pass at 50,000 a second; a debug build is only kept from being absurd.
@Suite(.serialized) struct ThroughputTests {
    #if DEBUG
        private static let minimumPerSecond = 2_000.0
        private static let width = 3
    #else
        private static let minimumPerSecond = 50_000.0
        private static let width = 10
    #endif

    @Test func aChainOf10000EmptyTasks() throws {
        var builder = DAGBuilder()
        for index in 0..<10_000 { builder.empty("t\(index)", after: index == 0 ? [] : ["t\(index - 1)"]) }
        try measure(try builder.build(), "chain of 10,000")
    }

    @Test func a100LayersOf100EmptyTasks() throws {
        var builder = DAGBuilder()
        for layer in 0..<100 {
            for column in 0..<100 {
                let above = layer == 0 ? [] : (0..<Self.width).map { "t\(layer - 1)_\((column + $0) % 100)" }
                builder.empty("t\(layer)_\(column)", after: above)
            }
        }
        try measure(try builder.build(), "100 layers of 100, every task after \(Self.width) of the layer above")
    }

    @Test func aThousandTasksInOneRunEndOneByOne() throws {
        var builder = DAGBuilder()
        builder.header.maxActiveTasks = 64
        for index in 0..<2_000 { builder.task("t\(index)") }
        let dag = try builder.build()
        var limits = SchedulerLimits()
        limits.parallelism = 64
        let pool = Pool(name: Pool.defaultName, slots: -1)
        var machine = SchedulerStateMachine(limits: limits, pools: [pool], seed: 1)
        let now = Timestamp(microseconds: 1_000_000)
        let elapsed = processorTime {
            var run = DAGRun(key: RunKey(dagID: "dag", runID: "r"), type: .manual, runAfter: now, triggeredBy: .cli)
            run.logicalDate = now
            var launches = Self.launches(machine.handle(.runCreated(RunSnapshot(run: run, dag: dag)), now: now))
            while let launch = launches.popLast() {
                launches += Self.launches(machine.handle(.taskEnded(launch, .success()), now: now))
            }
        }
        #expect(machine.activeRuns.isEmpty)
        report("2,000 tasks with 64 slots", 2_000, elapsed)
    }

    private static func launches(_ actions: [SchedulerAction]) -> [LaunchID] {
        actions.compactMap { if case .launch(let launch) = $0 { launch.id } else { nil } }
    }

    /// Time of this process on processors: other load on the machine does not count, other tests beside this one do.
    private func processorTime(_ body: () -> Void) -> Duration {
        let start = clock()
        body()
        return .microseconds(clock() - start)  // POSIX: CLOCKS_PER_SEC is a million
    }

    private func measure(_ dag: DAG, _ name: String) throws {
        var machine = SchedulerStateMachine(limits: SchedulerLimits(), pools: [], seed: 1)
        let now = Timestamp(microseconds: 1_000_000)
        var run = DAGRun(key: RunKey(dagID: dag.id, runID: "r"), type: .manual, runAfter: now, triggeredBy: .cli)
        run.logicalDate = now
        var saved = 0
        let elapsed = processorTime {
            let actions = machine.handle(.runCreated(RunSnapshot(run: run, dag: dag)), now: now)
            saved = actions.count { if case .store(.saveTask(let task)) = $0 { task.state == .success } else { false } }
        }
        #expect(saved == dag.tasks.count)
        report(name, dag.tasks.count, elapsed)
    }

    private func report(_ name: String, _ count: Int, _ elapsed: Duration) {
        let rate = Double(count) / elapsed.inSeconds
        print("throughput: \(name): \(Int(rate)) tasks/s")
        #expect(rate >= Self.minimumPerSecond, "\(name)")
    }
}
