extension SchedulerStateMachine {
    /// Puts all waiting instances of a task in the queue to be looked at.
    mutating func wake(_ run: RunExecution, _ position: Int) {
        guard run.slots[position].pending > 0, !run.slots[position].isWoken else { return }
        run.slots[position].isWoken = true
        work.append(WorkQueue.Item(run: run, position: Int32(position), instance: -1))
    }

    mutating func wake(_ ref: InstanceRef) {
        guard !ref.run.instances[ref.index].isWoken, ref.isPending else { return }
        ref.run.instances[ref.index].isWoken = true
        work.append(WorkQueue.Item(run: ref.run, position: Int32(ref.position), instance: Int32(ref.index)))
    }

    mutating func wakeAll(_ run: RunExecution) {
        for position in run.slots.indices { wake(run, position) }
    }

    /// An instance became finished, or is no longer: those that look at it are to be looked at.
    mutating func wakeDependents(_ ref: InstanceRef) {
        let run = ref.run
        let position = ref.position
        for target in run.plan.tasks[position].downstream { wakeDependent(Int(target), on: ref) }
        for target in run.plan.tasks[position].alsoWakes { wakeDependent(Int(target), on: ref) }
        if run.isPrevious { wakeNextRuns(run, position) }
    }

    /// In mapped groups only the instance of the same map index looks at one; where that is not plain, all are woken.
    private mutating func wakeDependent(_ target: Int, on ref: InstanceRef) {
        let run = ref.run
        guard run.plan.tasks[target].looksByInstance, run.slots[target].single < 0 else { return wake(run, target) }
        let mapIndex = ref.run.instances[ref.index].task.key.mapIndex
        let isAligned = mapIndex >= 0 && run.sharesMappedGroup(ref.position, target)
            && run.slots[target].mapped.count == run.slots[ref.position].mapped.count
        guard isAligned, let instance = run.slots[target].instance(mapIndex) else { return wake(run, target) }
        wake(InstanceRef(run: run, index: instance))
    }

    mutating func evaluate(_ item: WorkQueue.Item) {
        let run = item.run
        guard item.instance < 0 else {
            run.instances[Int(item.instance)].isWoken = false
            guard canSchedule(run) else { return }
            return evaluate(InstanceRef(run: run, index: Int(item.instance)))
        }
        let position = Int(item.position)
        run.slots[position].isWoken = false
        guard run.slots[position].pending > 0, canSchedule(run), mayMove(run, position) else { return }
        let single = run.slots[position].single
        if single >= 0 { evaluate(InstanceRef(run: run, index: Int(single))) }
        for index in run.slots[position].mapped where index >= 0 {
            evaluate(InstanceRef(run: run, index: Int(index)))
        }
    }

    /// Whether any instance of a task can change now. Instances that share all they look at are judged at once.
    private func mayMove(_ run: RunExecution, _ position: Int) -> Bool {
        guard run.plan.tasks[position].isJudgedAtOnce else { return true }
        return run.triggerRuleCheck(position, mapIndex: 0).verdict != .wait
    }

    /// Nothing of a run moves unless it is running, its DAG is not paused, and its logical date has come.
    func canSchedule(_ run: RunExecution) -> Bool {
        guard run.run.state == .running, run.isDue, !run.isForgotten else { return false }
        return pausedDAGs.isEmpty || !pausedDAGs.contains(run.run.key.dagID)
    }

    /// Looks at the dependencies of a waiting instance and does what they allow.
    mutating func evaluate(_ ref: InstanceRef) {
        guard ref.isPending else { return }
        switch dependencies(of: ref) {
        case .wait: return
        case .end(let state): end(ref, state)
        case .pass: dependenciesHold(ref)
        }
    }

    private mutating func dependenciesHold(_ ref: InstanceRef) {
        let run = ref.run
        if run.plan.tasks[ref.position].needsExpansion {
            guard run.instances[ref.index].task.key.mapIndex >= 0 else { return expand(ref) }
            reviseExpansion(run, ref.position)
            guard ref.isPending else { return }
        }
        if run.plan.dag.tasks[ref.position].isEmpty {
            completeEmpty(ref)
        } else {
            schedule(ref)
        }
    }

    /// Source: Airflow 3.3 `models/dagrun.py` (`schedule_tis`): nothing is run, and the try counts.
    private mutating func completeEmpty(_ ref: InstanceRef) {
        let now = now
        change(ref) { instance in
            if instance.task.state != .upForReschedule { instance.task.tryNumber += 1 }
            instance.task.startDate = now
            instance.task.finish(.success, at: now, reason: nil)
        }
    }

    private mutating func schedule(_ ref: InstanceRef) {
        if let deferral = ref.definition.startInTrigger { return beginInTrigger(ref, deferral) }
        let now = now
        change(ref) { instance in
            if instance.task.state != .upForReschedule { instance.task.tryNumber += 1 }
            instance.task.state = .scheduled
            instance.task.scheduledAt = now
            instance.task.nextLookAt = nil
            instance.task.reason = nil
        }
        offer(ref)
    }
}
