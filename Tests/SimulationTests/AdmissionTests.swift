import PipelineCore
import PipelineTestSupport
import Testing

/// L1: a task that fits is admitted in the turn in which it could be, whatever else is queued (apache/airflow#45636).
///
/// The oracle is plain: after a turn, no scheduled task may fit into what is left of its pool, of `parallelism`, and of the
/// limits of its DAG, its run and itself.
@Suite struct AdmissionTests {
    private final class World {
        var random: SplitMix64
        var machine: SchedulerStateMachine
        var launches: [TaskLaunch] = []
        var dags: [String: DAG] = [:]
        var pools: [Pool]
        let parallelism: Int
        var now = Timestamp(microseconds: 1_767_225_600_000_000)

        init(seed: UInt64) throws {
            random = SplitMix64(seed: seed)
            pools = [Pool(name: Pool.defaultName, slots: Int.random(in: 1...6, using: &random))]
            for index in 0..<Int.random(in: 0...3, using: &random) {
                pools.append(Pool(name: "p\(index)", slots: Int.random(in: -1...4, using: &random)))
            }
            var limits = SchedulerLimits()
            limits.parallelism = Int.random(in: 2...12, using: &random)
            parallelism = limits.parallelism
            machine = SchedulerStateMachine(limits: limits, pools: pools, seed: seed)
            for index in 0..<Int.random(in: 1...4, using: &random) { try add(dag: "d\(index)") }
        }

        private func add(dag id: String) throws {
            var builder = DAGBuilder(id)
            builder.header.maxActiveTasks = Int.random(in: 1...8, using: &random)
            for index in 0..<Int.random(in: 1...12, using: &random) {
                let pool = pools.randomElement(using: &random)?.name ?? Pool.defaultName
                let (slots, weight) = (Int.random(in: 1...3, using: &random), Int.random(in: 1...9, using: &random))
                let limit = Int.random(in: 0..<4, using: &random)
                builder.task("t\(index)") { task in
                    (task.pool, task.poolSlots, task.priorityWeight) = (pool, slots, weight)
                    if limit == 1 { task.maxActiveTIsPerDag = 1 }
                    if limit == 2 { task.maxActiveTIsPerDagRun = 1 }
                }
            }
            dags[id] = try builder.build()
        }

        func send(_ event: SchedulerEvent) {
            for action in machine.handle(event, now: now) {
                if case .launch(let launch) = action { launches.append(launch) }
            }
        }

        func createRun(_ number: Int) {
            guard let dag = dags.sorted(by: { $0.key < $1.key }).randomElement(using: &random)?.value else { return }
            var run = DAGRun(
                key: RunKey(dagID: dag.id, runID: "r\(number)"), type: .manual, runAfter: now, triggeredBy: .cli)
            run.logicalDate = now - .seconds(Int.random(in: 0...1_000, using: &random))
            send(.runCreated(RunSnapshot(run: run, dag: dag)))
        }

        func endOne() {
            guard let index = launches.indices.randomElement(using: &random) else { return }
            send(.taskEnded(launches.remove(at: index).id, .success()))
        }

        /// Scheduled tasks that would fit.
        var starving: [TaskInstanceKey] {
            let tasks = machine.activeRuns.flatMap { machine.taskInstances($0) }
            let held = tasks.filter { $0.state?.occupiesExecutor == true }
            return tasks.filter { $0.state == .scheduled && fits($0, held) }.map(\.key)
        }

        private func fits(_ task: TaskInstance, _ held: [TaskInstance]) -> Bool {
            guard let pool = pools.first(where: { $0.name == task.pool }), let dag = dags[task.key.run.dagID],
                let definition = dag[task.taskID]
            else { return false }
            let used = held.filter { $0.pool == pool.name }.reduce(0) { $0 + $1.poolSlots }
            let ofRun = held.filter { $0.key.run == task.key.run }
            let ofTask = held.filter { $0.key.run.dagID == dag.id && $0.taskID == task.taskID }
            return held.count < parallelism && (pool.slots < 0 || used + task.poolSlots <= pool.slots)
                && ofRun.count < dag.header.maxActiveTasks
                && ofTask.count < definition.maxActiveTIsPerDag ?? .max
                && ofTask.count { $0.key.run == task.key.run } < definition.maxActiveTIsPerDagRun ?? .max
        }
    }

    @Test(arguments: [0..<250, 250..<500, 500..<750, 750..<1_000] as [Range<UInt64>])
    func whatFitsIsAdmittedInTheSameTurn(_ seeds: Range<UInt64>) throws {
        var (admitted, waited) = (0, 0)
        for seed in seeds {
            let world = try World(seed: seed)
            for step in 0..<30 {
                if step < 5 || Int.random(in: 0..<4, using: &world.random) == 0 { world.createRun(step) } else { world.endOne() }
                let starving = world.starving
                guard starving.isEmpty else {
                    Issue.record("seed \(seed), step \(step): L1: \(starving.prefix(3)) would fit")
                    return
                }
                admitted += world.launches.count
                waited += world.machine.activeRuns.flatMap { world.machine.taskInstances($0) }.count { $0.state == .scheduled }
            }
        }
        // The worlds are neither empty nor so wide that nothing waits.
        #expect(admitted > 1_000 && waited > 1_000)
    }
}
