package import PipelineCore

extension SimulatedWorld {
    /// What must hold between any two steps.
    func checkInvariants() -> [String] {
        let told = dags.values.filter { $0.header.hasOnSuccessCallback && $0.header.hasOnFailureCallback }.map(\.id)
        return store.problems + store.unansweredEnds(of: Set(told)) + machine.audit() + checkProcesses()
    }

    /// At most one process an instance, and never more processes than are allowed.
    private func checkProcesses() -> [String] {
        var problems: [String] = []
        var seen: Set<TaskInstanceKey> = []
        for process in executor.processes where !seen.insert(process.launch.instance.key).inserted {
            problems.append("I1: two processes of \(process.launch.instance.key)")
        }
        if executor.processes.count > limits.parallelism { problems.append("I7: \(executor.processes.count) processes") }
        let byRun = Dictionary(grouping: executor.processes, by: \.launch.run.key)
        for (key, processes) in byRun.sorted(by: { $0.key < $1.key }) {
            let maximum = dags[key.dagID]?.header.maxActiveTasks ?? 0
            if processes.count > maximum { problems.append("I7: max_active_tasks of \(key): \(processes.count) > \(maximum)") }
        }
        return problems + checkTaskLimits()
    }

    private func checkTaskLimits() -> [String] {
        dags.keys.sorted().flatMap { dagID in
            (dags[dagID]?.tasks ?? []).filter(\.hasLimit).compactMap { task in
                let rows = store.rows.values.filter { row in
                    row.key.run.dagID == dagID && row.taskID == task.id
                        && [.queued, .running, .restarting].contains(row.state)
                }
                if let maximum = task.maxActiveTIsPerDag, rows.count > maximum { return "I7: \(rows.count) of \(dagID).\(task.id)" }
                let byRun = Dictionary(grouping: rows, by: \.key.run).values.map(\.count).max() ?? 0
                if let maximum = task.maxActiveTIsPerDagRun, byRun > maximum { return "I7: \(byRun) of \(dagID).\(task.id) in a run" }
                return nil
            }
        }
    }

    /// One saved task instance and the row before it.
    struct Save {
        var task: TaskInstance
        var old: TaskInstance?
    }

    /// What one saved change may be: see ``RuleOracle`` for who may start.
    func check(_ save: Save) -> [String] {
        checkSuccess(save.task, save.old) + checkStart(save.task, save.old) + checkPool(save.task, save.old)
    }

    /// A success comes from the report of that very try, from a task that runs nothing, or from a person.
    private func checkSuccess(_ task: TaskInstance, _ old: TaskInstance?) -> [String] {
        guard task.state == .success, old?.id != task.id || old?.state != .success else { return [] }
        let isEmpty = dags[task.key.run.dagID]?[task.taskID]?.isEmpty == true
        let isKnown = isEmpty || setByHand.contains(task.key) || executor.successes.contains(task.id)
        return isKnown ? [] : ["I4: success of \(task.key) without a report"]
    }

    /// Nothing is started before its rule holds. Resumes and repeated launches were started before.
    private func checkStart(_ task: TaskInstance, _ old: TaskInstance?) -> [String] {
        let isEmpty = dags[task.key.run.dagID]?[task.taskID]?.isEmpty == true
        let starts = [.scheduled, .queued, .deferred].contains(task.state)
            || (isEmpty && task.state == .success && !setByHand.contains(task.key))
        let wasPending = old?.state == nil || old?.state == .upForRetry || old?.state == .upForReschedule
        guard starts, wasPending, let dag = dags[task.key.run.dagID] else { return [] }
        return RuleOracle(dag, store.rows).mayStart(task) ? [] : ["I6: \(task.key) started before its rule held"]
    }

    private func checkPool(_ task: TaskInstance, _ old: TaskInstance?) -> [String] {
        guard task.state == .queued, old?.state != .queued || old?.launchNumber != task.launchNumber,
            let pool = pools.first(where: { $0.name == task.pool }), pool.slots >= 0
        else { return [] }
        let used = store.rows.values.filter { row in
            row.pool == task.pool && (row.state?.occupiesExecutor == true || (pool.includeDeferred && row.state == .deferred))
        }.reduce(0) { $0 + $1.poolSlots }
        return used <= pool.slots ? [] : ["I7: pool \(pool.name) has \(used) of \(pool.slots) slots taken"]
    }
}

extension TaskDefinition {
    fileprivate var hasLimit: Bool { self.maxActiveTIsPerDag != nil || self.maxActiveTIsPerDagRun != nil }
}

/// When a task may start, worked out from the rows of the store alone and without the machine's code: plain counting,
/// with the rules as Airflow's documentation words them.
package struct RuleOracle {
    private let dag: DAG
    private let rows: [TaskInstanceKey: TaskInstance]

    init(_ dag: DAG, _ rows: [TaskInstanceKey: TaskInstance]) {
        self.dag = dag
        self.rows = rows
    }

    func mayStart(_ task: TaskInstance) -> Bool {
        guard let definition = dag[task.taskID] else { return false }
        guard !definition.upstream.isEmpty else { return true }
        let above = definition.upstream.flatMap { states(of: $0, for: task, definition) }
        return Self.holds(definition.triggerRule, above.map(\.state), setups: above.filter(\.isSetup).map(\.state))
    }

    private func states(
        of upstream: String, for task: TaskInstance, _ definition: TaskDefinition
    ) -> [(state: TaskState?, isSetup: Bool)] {
        let isSetup = dag[upstream]?.isSetup == true
        let sharesGroup = definition.mappedGroupID != nil && dag[upstream]?.mappedGroupID == definition.mappedGroupID
        let all = rows.values.filter { row in
            row.key.run == task.key.run && row.taskID == upstream
                && (!sharesGroup || row.mapIndex < 0 || row.mapIndex == task.mapIndex)
        }
        return all.map { ($0.state, isSetup) }
    }

    /// `removed` counts as done: as success for the rules that want success, as failure for all_failed.
    package static func holds(_ rule: TriggerRule, _ states: [TaskState?], setups: [TaskState?]) -> Bool {
        let isDone = states.allSatisfy { $0?.isFinished == true }
        func all(_ allowed: Set<TaskState?>) -> Bool { states.allSatisfy { allowed.contains($0) } }
        func any(_ wanted: Set<TaskState?>) -> Bool { states.contains { wanted.contains($0) } }
        switch rule {
        case .always: return true
        case .allSuccess: return all([.success, .removed])
        case .allFailed: return all([.failed, .upstreamFailed, .removed])
        case .allDone: return isDone
        case .oneSuccess: return any([.success])
        case .oneFailed: return any([.failed, .upstreamFailed])
        case .oneDone: return any([.success, .failed])
        case .noneFailed: return all([.success, .skipped, .removed])
        case .noneFailedMinOneSuccess: return all([.success, .skipped, .removed]) && any([.success])
        case .noneSkipped: return isDone && !any([.skipped])
        case .allSkipped: return all([.skipped])
        case .allDoneMinOneSuccess: return isDone && !any([.skipped]) && any([.success])
        case .allDoneSetupSuccess: return isDone && (setups.isEmpty || setups.contains(.success))
        }
    }
}
