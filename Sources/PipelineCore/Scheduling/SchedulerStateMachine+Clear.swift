extension SchedulerStateMachine {
    /// Runs tasks of a run again. Source: Airflow 3.3 `models/taskinstance.py` (`clear_task_instances`),
    /// `serialization/definitions/dag.py` (`clear`).
    mutating func clear(_ request: ClearRequest) {
        guard let run = runs[request.run] else { return }
        run.isKept = false
        touch(run)
        let selected = ClearSelection(request, run).instances
        guard !selected.isEmpty else { return }
        for index in selected { clear(InstanceRef(run: run, index: index)) }
        requeue(run)
        wakeAll(run)
    }

    private mutating func clear(_ ref: InstanceRef) {
        guard !ref.run.instances[ref.index].isLive else {
            turn.terminations.append((ref.run.instances[ref.index].launchID, .cleared))
            return change(ref) { instance in
                instance.task.state = .restarting
                instance.task.forgetResume()
                instance.task.endDate = nil
            }
        }
        renewCleared(ref)
    }

    /// The process of a task that was cleared while it ran is gone.
    mutating func restart(_ ref: InstanceRef) {
        change(ref) { $0.isLive = false }
        renewCleared(ref)
        wake(ref)
    }

    private mutating func renewCleared(_ ref: InstanceRef) {
        let retries = ref.run.plan.dag.tasks[ref.position].retry.retries
        renew(ref, as: .failed, reason: "cleared") { task in
            task.maxTries = task.tryNumber + retries
        }
    }

    /// A cleared run waits for its turn again if it was over.
    private mutating func requeue(_ run: RunExecution) {
        run.run.clearNumber += 1
        run.run.queuedAt = now
        save(run)
        guard run.run.state.isFinished else { return }
        run.run.state = .queued
        run.run.startDate = nil
        run.run.endDate = nil
        run.run.reason = nil
        wakeDAG(run.run.key.dagID)
    }

    /// A person sets a task to success, failed or skipped. What failed below it because of it is cleared.
    /// Source: Airflow 3.3 `serialization/definitions/dag.py` (`set_task_instance_state`).
    mutating func setStateByHand(_ key: TaskInstanceKey, _ state: TaskState) {
        guard let run = runs[key.run] else { return }
        run.isKept = false
        touch(run)
        guard [.success, .failed, .skipped].contains(state), let index = run.instanceIndex(key.taskID, key.mapIndex)
        else { return }
        let ref = InstanceRef(run: run, index: index)
        let now = now
        if ref.state != state {
            change(ref) { $0.task.startDate = $0.task.startDate ?? now }
            stop(ref, state, .stateSet, reason: "set by hand")
        }
        let below = ClearRequest(run: key.run, taskIDs: [key.taskID], includeDownstream: true, onlyFailed: true)
        let failed = ClearSelection(below, run).instances.filter { run.instances[$0].task.taskID != key.taskID }
        guard !failed.isEmpty else { return }
        for index in failed { clear(InstanceRef(run: run, index: index)) }
        requeue(run)
        wakeAll(run)
    }
}

/// The instances that a ``ClearRequest`` means.
struct ClearSelection {
    private let request: ClearRequest
    private let run: RunExecution
    private let edges: PlanEdges

    init(_ request: ClearRequest, _ run: RunExecution) {
        self.request = request
        self.run = run
        edges = PlanEdges(run.plan.dag)
    }

    var instances: [Int] {
        let chosen = chosenTasks
        let related = Set(chosen.flatMap(relatives)).subtracting(chosen)
        return run.slots.indices.flatMap { position in
            if chosen.contains(Int32(position)) { return chosenInstances(position) }
            return related.contains(Int32(position)) ? relatedInstances(position, chosen) : []
        }.filter(hasRequestedState)
    }

    private var chosenTasks: Set<Int32> {
        guard let ids = request.taskIDs else { return Set(run.slots.indices.map(Int32.init)) }
        return Set(ids.compactMap { run.plan.dag.position(of: $0).map(Int32.init) })
    }

    private func chosenInstances(_ position: Int) -> [Int] {
        guard let mapIndexes = request.mapIndexes else { return run.slots[position].instances }
        return mapIndexes.compactMap { run.slots[position].instance($0) }
    }

    /// With map indexes chosen, tasks of the same mapped group are cleared at these map indexes alone.
    private func relatedInstances(_ position: Int, _ chosen: Set<Int32>) -> [Int] {
        guard let mapIndexes = request.mapIndexes,
            chosen.allSatisfy({ run.sharesMappedGroup(Int($0), position) && !run.plan.dag.tasks[Int($0)].isMapped }),
            !run.plan.dag.tasks[position].isMapped
        else { return run.slots[position].instances }
        return mapIndexes.compactMap { run.slots[position].instance($0) }
    }

    private func hasRequestedState(_ index: Int) -> Bool {
        guard request.onlyFailed || request.onlyRunning else { return true }
        let state = run.instances[index].task.state
        return (request.onlyFailed && state?.isFailed == true) || (request.onlyRunning && state == .running)
    }

    /// Tasks that are cleared along with one. Source: Airflow 3.3 `serialization/definitions/dag.py` (`partial_subset`).
    private func relatives(of position: Int32) -> Set<Int32> {
        let task = definition(position)
        var result: Set<Int32> = []
        if request.includeDownstream {
            let below = edges.relatives(of: Int(position), upstream: false)
            result.formUnion(below)
            for relative in below where !isScoped(relative) { result.formUnion(setupsAndTeardowns(of: relative)) }
        }
        if request.includeUpstream {
            result.formUnion(upstreamWithTeardowns(of: position))
        } else if !isScoped(position) {
            result.formUnion(setupsAndTeardowns(of: position))
        }
        if task.isSetup, !request.includeDownstream { result.formUnion(ownTeardowns(of: position)) }
        return result
    }

    private func definition(_ position: Int32) -> TaskDefinition { run.plan.dag.tasks[Int(position)] }

    private func isScoped(_ position: Int32) -> Bool { definition(position).isSetup || definition(position).isTeardown }

    private func ownTeardowns(of setup: Int32) -> [Int32] {
        edges.downstream[Int(setup)].filter { definition($0).isTeardown }
    }

    private func upstreamWithTeardowns(of position: Int32) -> Set<Int32> {
        let above = edges.relatives(of: Int(position), upstream: true)
        let teardowns = above.filter { definition($0).isSetup }.flatMap { ownTeardowns(of: $0) }
        return above.union(teardowns.filter { $0 != position })
    }

    /// Setups above whose teardown stands below (or that have none), with their teardowns.
    private func setupsAndTeardowns(of position: Int32) -> Set<Int32> {
        let below = edges.relatives(of: Int(position), upstream: false).filter { definition($0).isTeardown }
        var result: Set<Int32> = []
        for setup in edges.relatives(of: Int(position), upstream: true) where definition(setup).isSetup {
            let own = ownTeardowns(of: setup)
            guard own.isEmpty || edges.downstream[Int(setup)].contains(where: below.contains) else { continue }
            result.insert(setup)
            result.formUnion(own.filter { $0 != position })
        }
        return result
    }
}
