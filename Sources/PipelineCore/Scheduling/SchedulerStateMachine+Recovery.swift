extension SchedulerStateMachine {
    /// A run from the store, after a start: everything else is worked out from its rows.
    mutating func load(_ snapshot: RunSnapshot) {
        guard !snapshot.taskInstances.isEmpty else { return create(snapshot) }
        guard runs[snapshot.run.key] == nil else { return }
        let run = enter(snapshot)
        for task in snapshot.taskInstances { restore(task, run) }
        // What came from the store need not go there.
        for index in run.instances.indices { run.instances[index].isDirty = false }
        turn.dirtyInstances.removeAll { $0.run === run }
        for (key, notice) in snapshot.xcoms { xcomPushed(key, notice) }
        resume(run)
    }

    private mutating func restore(_ task: TaskInstance, _ run: RunExecution) {
        guard let position = run.plan.dag.position(of: task.taskID) else { return }
        var waiting = task
        waiting.state = nil
        let ref = adopt(waiting, run, position)
        change(ref) { instance in
            instance.task = task
            instance.isLive = task.state?.occupiesExecutor == true
        }
        switch task.state {
        case .queued, .running, .deferred, .awaitingInput, .upForReschedule: tries[task.id] = ref
        case .restarting:
            tries[task.id] = ref
            turn.terminations.append((ref.run.instances[ref.index].launchID, .cleared))
        case .scheduled: offer(ref)
        default: break
        }
    }

    /// Launches of a run that an executor may still have in hand; also of tries that were ended from outside since it was
    /// loaded, whose processes have yet to go.
    package func launchesInHand(of key: RunKey) -> [TaskLaunch] {
        guard let run = runs[key] else { return [] }
        return run.instances.indices
            .filter { run.instances[$0].task.state?.occupiesExecutor == true || run.instances[$0].zombies > 0 }
            .map { launch(InstanceRef(run: run, index: $0)) }
    }

    /// A launch vanished without a report. It is launched again as the same try until its budget is used up; then the
    /// try counts as failed.
    mutating func taskLost(_ id: LaunchID, _ reason: String, isCounted: Bool) {
        if endZombie(id) { return }
        guard let ref = liveInstance(id) else { return }
        if ref.state == .restarting { return restart(ref) }
        let losses = ref.run.instances[ref.index].task.lossCount + (isCounted ? 1 : 0)
        change(ref) { instance in
            instance.isLive = false
            instance.task.lossCount = losses
        }
        guard losses <= limits.maximumLosses else {
            return die(ref, reason: "lost \(losses) times, the last time because: \(reason)")
        }
        scheduleAgain(ref, reason)
    }

    private mutating func scheduleAgain(_ ref: InstanceRef, _ reason: String) {
        let now = now
        change(ref) { instance in
            instance.task.state = .scheduled
            instance.task.scheduledAt = now
            instance.task.reason = reason
            if instance.task.nextMethod == nil { instance.task.startDate = nil }
            (instance.task.hostname, instance.task.unixname, instance.task.imageID) = ("", "", nil)
            (instance.task.pid, instance.task.pidStartTime) = (nil, nil)
        }
        offer(ref)
    }

    /// The process of a launch that was ended from outside is gone; `true` when the report was about such a one.
    mutating func endZombie(_ id: LaunchID) -> Bool {
        guard let ref = zombies.removeValue(forKey: id) else { return false }
        change(ref) { $0.zombies -= 1 }
        offer(ref)
        return true
    }
}
