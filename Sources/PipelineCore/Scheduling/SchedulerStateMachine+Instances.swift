extension SchedulerStateMachine {
    /// Makes the instances of a new run. Tasks that are mapped over literals alone are expanded at once; others start
    /// with one instance without map index. Source: Airflow 3.3 `models/dagrun.py` (`verify_integrity`).
    mutating func makeInstances(_ run: RunExecution) {
        run.instances.reserveCapacity(run.plan.tasks.count)
        for position in run.plan.tasks.indices { makeInstances(run, position) }
    }

    /// Those of one task, unless the run lies outside of its dates.
    mutating func makeInstances(_ run: RunExecution, _ position: Int) {
        guard isActive(run, position) else { return }
        guard run.plan.tasks[position].needsExpansion, let count = run.mappedCount(of: position), count > 0,
            count <= limits.maximumExpansion
        else {
            makeInstance(run, position, mapIndex: TaskInstanceKey.unmapped)
            return
        }
        for mapIndex in 0..<count { makeInstance(run, position, mapIndex: mapIndex) }
    }

    /// A task outside of whose dates the run lies has no instance.
    private func isActive(_ run: RunExecution, _ position: Int) -> Bool {
        guard run.run.type != .backfill, let date = run.run.logicalDate else { return true }
        let task = run.plan.dag.tasks[position]
        return (task.startDate.map { $0 <= date } ?? true) && (task.endDate.map { date <= $0 } ?? true)
    }

    @discardableResult
    mutating func makeInstance(_ run: RunExecution, _ position: Int, mapIndex: Int) -> InstanceRef {
        var task = TaskInstance(
            id: makeID(),
            key: TaskInstanceKey(run: run.run.key, taskID: run.plan.dag.tasks[position].id, mapIndex: mapIndex))
        run.configure(&task, position)
        task.maxTries = run.plan.dag.tasks[position].retry.retries
        let ref = adopt(task, run, position)
        save(ref)
        touch(run)
        return ref
    }

    /// Puts an instance, new or from the store, in its place and counts it.
    @discardableResult
    mutating func adopt(_ task: TaskInstance, _ run: RunExecution, _ position: Int) -> InstanceRef {
        let isSetup = run.plan.dag.tasks[position].isSetup
        run.instances.append(Instance(task: task, position: Int32(position), pool: poolIndex(task.pool)))
        let index = run.instances.count - 1
        run.slots[position].place(index, at: task.mapIndex)
        run.slots[position].own.expect(isSetup: isSetup)
        run.unfinished += 1
        run.pending += 1
        run.slots[position].pending += 1
        for target in run.plan.tasks[position].downstream where run.plan.tasks[Int(target)].upstreamNeedsExpansion {
            run.slots[Int(target)].upstream.expect(isSetup: isSetup)
        }
        return InstanceRef(run: run, index: index)
    }
}

extension RunExecution {
    /// Copies what a task instance takes from its task. Source: Airflow 3.3 `models/taskinstance.py` (`refresh_from_task`).
    func configure(_ instance: inout TaskInstance, _ position: Int) {
        instance.operatorName = plan.dag.tasks[position].operatorName
        instance.pool = plan.dag.tasks[position].pool
        instance.poolSlots = plan.dag.tasks[position].poolSlots
        instance.priorityWeight = plan.tasks[position].weight
        instance.queue = plan.dag.tasks[position].queue
        instance.executor = plan.dag.tasks[position].executor
        instance.dagVersionID = run.dagVersionID
    }
}
