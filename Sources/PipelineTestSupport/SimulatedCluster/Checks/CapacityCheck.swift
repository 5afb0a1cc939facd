import PipelineCore

/// I7: what is admitted fits, in every committed state: pools, `parallelism`, and the limits of DAGs, runs and tasks. Fewer
/// slots may be set while tasks run, so that only what a commit adds is asked, and what its scheduler had been told.
enum CapacityCheck {
    static func problems(
        ofAdmitted admitted: [TaskInstance], without others: Set<UUID7>, _ runs: Set<RunKey>, _ core: InMemoryStoreCore,
        _ told: [Pool], _ versions: ClusterVersions
    ) -> [String] {
        var use = Use()
        for run in runs { for task in (core.tasks[run] ?? [:]).values where !others.contains(task.id) { use.add(task, core.pools) } }
        var found: [String] = []
        if use.processes > ClusterLimits.parallelism { found.append("I7: \(use.processes) launches at once, task \(admitted[0].key) among them") }
        for task in admitted {
            found += pool(task, use, core, told)
            guard let dag = versions.dag(of: core.runs[task.key.run]), let definition = dag[task.taskID] else { continue }
            found += limits(task, definition, dag, use, laxer(than: definition, task, admitted, core, versions))
        }
        return found
    }

    private static func pool(_ task: TaskInstance, _ use: Use, _ core: InMemoryStoreCore, _ told: [Pool]) -> [String] {
        guard let pool = core.pools[task.pool], let used = use.pools[task.pool], exceeds(used, pool) else { return [] }
        if let known = told.first(where: { $0.name == pool.name }), !exceeds(used, known) { return [] }
        return ["I7: task \(task.key) was admitted to pool \(pool.name), which has \(pool.slots) slots and \(used) in use"]
    }

    private static func exceeds(_ used: Int, _ pool: Pool) -> Bool { pool.slots >= 0 && used > pool.slots }

    /// Instances of the task that are admitted too, in runs on versions with a higher limit or none: they may come after it.
    private static func laxer(
        than definition: TaskDefinition, _ task: TaskInstance, _ admitted: [TaskInstance], _ core: InMemoryStoreCore,
        _ versions: ClusterVersions
    ) -> Int {
        guard let maximum = definition.maxActiveTIsPerDag else { return 0 }
        return admitted.count { other in
            guard other.taskID == task.taskID, other.key.run.dagID == task.key.run.dagID else { return false }
            let limit = versions.dag(of: core.runs[other.key.run])?[other.taskID]?.maxActiveTIsPerDag
            return limit.map { $0 > maximum } ?? true
        }
    }

    private static func limits(
        _ task: TaskInstance, _ definition: TaskDefinition, _ dag: DAG, _ use: Use, _ laxer: Int
    ) -> [String] {
        let name = Use.Place(dagID: task.key.run.dagID, runID: nil, taskID: task.taskID)
        var inRun = name
        inRun.runID = task.key.run.runID
        var run = inRun
        run.taskID = nil
        return [
            over("max_active_tasks", use.places[run], dag.header.maxActiveTasks),
            over("max_active_tis_per_dag", use.places[name].map { $0 - laxer }, definition.maxActiveTIsPerDag),
            over("max_active_tis_per_dagrun", use.places[inRun], definition.maxActiveTIsPerDagRun),
        ].compactMap(\.self).map { "I7: task \(task.key) was admitted above \($0)" }
    }

    private static func over(_ name: String, _ count: Int?, _ maximum: Int?) -> String? {
        guard let count, let maximum, count > maximum else { return nil }
        return "\(name): \(count) of \(maximum)"
    }

    /// Runs of a DAG that are started are at most `max_active_runs`, which versions may say differently.
    /// - Parameter others: runs that may have been started in the same commit, after those.
    static func problems(
        ofStarted started: [DAGRun], or others: [DAGRun], _ runs: Set<RunKey>, _ core: InMemoryStoreCore, _ versions: ClusterVersions
    ) -> [String] {
        Dictionary(grouping: started, by: \.key.dagID).values.compactMap { started in
            let all = started + others.filter { $0.key.dagID == started[0].key.dagID }
            let maximum = all.compactMap { versions.dag(of: $0)?.header.maxActiveRuns }.max() ?? 0
            let running = runs.count { $0.dagID == started[0].key.dagID && core.runs[$0]?.state == .running }
            guard running > maximum else { return nil }
            return "I7: run \(started[0].key) was started, \(running) run then, and max_active_runs is \(maximum)"
        }
    }

    /// Who uses what, counted plainly.
    private struct Use {
        struct Place: Hashable {
            var dagID: String
            var runID: String?
            var taskID: String?
        }

        var processes = 0
        var pools: [String: Int] = [:]
        var places: [Place: Int] = [:]

        mutating func add(_ task: TaskInstance, _ all: [String: Pool]) {
            let occupies = task.state?.occupiesExecutor == true
            if occupies || (task.state == .deferred && all[task.pool]?.includeDeferred == true) {
                pools[task.pool, default: 0] += task.poolSlots
            }
            guard occupies else { return }
            processes += 1
            let key = task.key
            places[Place(dagID: key.run.dagID, runID: key.run.runID, taskID: nil), default: 0] += 1
            places[Place(dagID: key.run.dagID, runID: nil, taskID: task.taskID), default: 0] += 1
            places[Place(dagID: key.run.dagID, runID: key.run.runID, taskID: task.taskID), default: 0] += 1
        }
    }
}

/// Bounds of every scheduler in a ``SimulatedCluster``.
enum ClusterLimits {
    static let parallelism = 6
    static let grace = Duration.seconds(5)
}
