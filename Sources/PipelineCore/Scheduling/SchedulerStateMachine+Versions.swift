extension SchedulerStateMachine {
    /// Pins a run to another version of its DAG, then clears. Nothing happens while a task that the version no longer has
    /// is in an executor's hands.
    mutating func clear(_ request: ClearRequest, on change: VersionChange) {
        // Timers may have fired in this turn: what they woke is named by the places of before.
        followConsequences()
        guard let run = runs[request.run], move(run, to: change) else { return }
        clear(request)
    }

    /// Source: Airflow 3.3 `models/dagrun.py` (`verify_integrity`): tasks that are gone become removed, new ones get
    /// instances; what is not cleared stays as it ended. The run stays the same object with the same instances, so that
    /// launches and timers still find it.
    private mutating func move(_ run: RunExecution, to change: VersionChange) -> Bool {
        guard run.run.dagVersionID != change.pinned.versionID else { return true }
        let dag = change.pinned.dag
        guard !run.instances.contains(where: { $0.occupies && run.place(of: $0, in: dag) == nil }) else { return false }
        let old = run.plan
        for instance in run.instances where run.place(of: instance, in: dag) == nil { drop(instance) }
        let indexes = run.adopt(plan(for: dag))
        release(old)
        follow(indexes, run)
        (run.run.dagVersionID, run.run.bundleVersion) = (change.pinned.versionID, change.pinned.bundleVersion)
        for (key, notice) in change.xcoms { xcomPushed(key, notice) }
        for position in run.plan.tasks.indices where run.slots[position].own.total == 0 { makeInstances(run, position) }
        recountActiveTasks(run.run.key.dagID)
        resolvePreviousRuns(run.run.key.dagID)
        save(run)
        return true
    }

    /// The task of an instance is gone.
    private mutating func drop(_ instance: Instance) {
        tries[instance.task.id] = nil
        guard instance.task.state != .removed else { return }
        var task = instance.task
        task.finish(.removed, at: task.endDate ?? now, reason: "The version of the DAG that the run is on has no such task.")
        task.updatedAt = now
        turn.changes.append(.saveTask(task))
    }

    /// Brings what names instances by index to where they are now.
    private mutating func follow(_ indexes: [Int: Int], _ run: RunExecution) {
        func moved(_ ref: InstanceRef) -> InstanceRef? {
            guard ref.run === run else { return ref }
            return indexes[ref.index].map { InstanceRef(run: run, index: $0) }
        }
        tries = tries.compactMapValues(moved)
        zombies = zombies.compactMapValues(moved)
        turn.dirtyInstances = turn.dirtyInstances.compactMap(moved)
        readyRuns.removeAll { $0 === run }
        for index in run.instances.indices {
            rearm(InstanceRef(run: run, index: index))
            offer(InstanceRef(run: run, index: index))
        }
    }

    /// Counts the active tasks of a DAG anew, if some run of it is on a version that asks for that.
    mutating func recountActiveTasks(_ dagID: String) {
        guard let runs = dags[dagID]?.runs else { return }
        let limitsTasks = runs.contains(where: \.plan.limitsTasks)
        var counts: [String: Int] = [:]
        for run in limitsTasks ? runs : [] {
            for instance in run.instances where instance.isActive { counts[instance.task.taskID, default: 0] += 1 }
        }
        dags[dagID]?.limitsTasks = limitsTasks
        dags[dagID]?.activeTasks = counts
    }
}

extension RunExecution {
    /// The position of an instance's task in a version of the DAG; `nil` where the version has no such instance.
    fileprivate func place(of instance: Instance, in dag: DAG) -> Int? {
        guard let position = dag.position(of: instance.task.taskID) else { return nil }
        let task = dag.tasks[position]
        guard instance.task.mapIndex >= 0 else { return position }
        return task.isMapped || task.mappedGroupID != nil ? position : nil
    }

    /// Takes another plan with those instances that have a task there, and counts everything anew; tells where the
    /// instances are now. Timers of before are void.
    fileprivate func adopt(_ new: DAGPlan) -> [Int: Int] {
        let old = instances
        let places = old.map { place(of: $0, in: new.dag) }
        let positions = Dictionary(zip(old, places).map { (Int($0.position), $1) }) { $0 ?? $1 }.compactMapValues(\.self)
        let generation = (old.map(\.timerGeneration).max() ?? 0) + 1
        take(new)
        xcoms.move(positions)
        var indexes: [Int: Int] = [:]
        for (index, (instance, place)) in zip(old, places).enumerated() {
            guard let place else { continue }
            indexes[index] = instances.count
            put(Instance(instance, at: Int32(place), timerGeneration: generation))
        }
        return indexes
    }

    /// Counts an instance, whatever it does, in its place.
    private func put(_ instance: Instance) {
        let position = Int(instance.position)
        let isSetup = plan.dag.tasks[position].isSetup
        instances.append(instance)
        slots[position].place(instances.count - 1, at: instance.task.mapIndex)
        slots[position].own.expect(isSetup: isSetup)
        unfinished += 1
        pending += 1
        slots[position].pending += 1
        if instance.isActive { slots[position].active += 1 }
        for target in plan.tasks[position].downstream where plan.tasks[Int(target)].upstreamNeedsExpansion {
            slots[Int(target)].upstream.expect(isSetup: isSetup)
        }
        recount(position, nil, instance.task.state)
    }
}

extension Instance {
    /// The same at another position, with no timer.
    fileprivate init(_ other: Instance, at position: Int32, timerGeneration: UInt32) {
        self.init(task: other.task, position: position, pool: other.pool)
        scheduleGeneration = other.scheduleGeneration
        self.timerGeneration = timerGeneration
        zombies = other.zombies
        isLive = other.isLive
        isDue = other.isDue
        isDirty = other.isDirty
        verdict = other.verdict
    }
}
