extension SchedulerStateMachine {
    /// The actions of this turn: all changes first, so that nothing happens in the world that the store does not know.
    mutating func flush() -> [SchedulerAction] {
        let turn = self.turn
        self.turn = Turn()
        var actions: [SchedulerAction] = []
        actions.reserveCapacity(turn.dirtyRuns.count + turn.changes.count + turn.dirtyInstances.count)
        for run in turn.dirtyRuns { actions.append(.store(.saveRun(saved(run)))) }
        for change in turn.changes { actions.append(.store(change)) }
        for ref in turn.dirtyInstances { actions.append(.store(.saveTask(saved(ref)))) }
        for (id, reason) in turn.terminations { actions.append(.terminate(id, reason)) }
        for ref in turn.launches { actions.append(.launch(launch(ref))) }
        for run in turn.endings { forgetIfOver(run, &actions) }
        pruneTimers()
        return actions
    }

    private func saved(_ run: RunExecution) -> DAGRun {
        run.isDirty = false
        run.run.updatedAt = now
        return run.run
    }

    private func saved(_ ref: InstanceRef) -> TaskInstance {
        ref.run.instances[ref.index].isDirty = false
        ref.run.instances[ref.index].task.updatedAt = now
        return ref.run.instances[ref.index].task
    }

    func launch(_ ref: InstanceRef) -> TaskLaunch {
        let instance = ref.instance
        return TaskLaunch(
            id: instance.launchID, instance: instance.task, run: ref.run.run, dag: ref.run.plan.dag,
            task: ref.definition, shouldRetry: instance.task.mayRetry, isResume: instance.task.nextMethod != nil,
            rescheduleCount: instance.task.rescheduleCount, upstreamMapIndexes: ref.run.upstreamMapIndexes(of: ref.index))
    }

    mutating func touch(_ run: RunExecution) {
        guard !run.isTouched else { return }
        run.isTouched = true
        touchedRuns.append(run)
    }

    mutating func save(_ run: RunExecution) {
        guard !run.isDirty else { return }
        run.isDirty = true
        turn.dirtyRuns.append(run)
    }

    mutating func save(_ ref: InstanceRef) {
        guard !ref.run.instances[ref.index].isDirty else { return }
        ref.run.instances[ref.index].isDirty = true
        turn.dirtyInstances.append(ref)
    }
}

extension TaskInstance {
    /// A failure now would be followed by another try. Source: Airflow 3.3 `execution_api/routes/task_instances.py`.
    var mayRetry: Bool { maxTries != 0 && tryNumber <= maxTries }
}
