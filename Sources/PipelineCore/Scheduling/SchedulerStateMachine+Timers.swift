extension SchedulerStateMachine {
    mutating func setTimer(_ kind: SchedulerTimer.Kind, at instant: Timestamp, _ run: RunExecution) {
        insertTimer(kind, at: instant, run, instance: -1, generation: 0)
    }

    /// An instance has one timer: a new one makes the older void.
    mutating func setTimer(at instant: Timestamp, _ ref: InstanceRef) {
        ref.run.instances[ref.index].timerGeneration += 1
        ref.run.instances[ref.index].isDue = false
        insertTimer(
            .instance, at: instant, ref.run, instance: ref.index,
            generation: ref.run.instances[ref.index].timerGeneration)
    }

    private mutating func insertTimer(
        _ kind: SchedulerTimer.Kind, at instant: Timestamp, _ run: RunExecution, instance: Int, generation: UInt32
    ) {
        nextSequence += 1
        timers.insert(
            SchedulerTimer(
                at: instant, sequence: nextSequence, kind: kind, run: run, instance: instance, generation: generation))
    }

    /// Does what has become due.
    mutating func fireTimers() {
        while let timer = timers.first, timer.at <= now {
            timers.removeFirst()
            if isValid(timer) { fire(timer) }
        }
    }

    /// Drops timers that nothing waits for any more, so that ``nextWake`` is exact.
    mutating func pruneTimers() {
        while let timer = timers.first, !isValid(timer) { timers.removeFirst() }
    }

    private func isValid(_ timer: SchedulerTimer) -> Bool {
        guard !timer.run.isForgotten else { return false }
        switch timer.kind {
        case .runAfter: return timer.run.run.state == .queued
        case .logicalDate: return timer.run.run.state == .running
        case .runTimeout: return timer.run.run.state == .running && timer.run.timeoutAt == timer.at
        case .instance: return isValidInstanceTimer(timer)
        }
    }

    private func isValidInstanceTimer(_ timer: SchedulerTimer) -> Bool {
        guard timer.run.run.state == .running,
            timer.run.instances[timer.instance].timerGeneration == timer.generation
        else { return false }
        switch timer.run.instances[timer.instance].task.state {
        case .upForRetry, .upForReschedule, .deferred: return true
        default: return false
        }
    }

    private mutating func fire(_ timer: SchedulerTimer) {
        switch timer.kind {
        case .runAfter:
            timer.run.hasStartTimer = false
            wakeDAG(timer.run.run.key.dagID)
        case .logicalDate:
            timer.run.isDue = true
            wakeAll(timer.run)
        case .runTimeout: fail(timer.run, .runTimeout, reason: "timed_out")
        case .instance: fireInstance(InstanceRef(run: timer.run, index: timer.instance))
        }
    }

    private mutating func fireInstance(_ ref: InstanceRef) {
        if ref.isPending {
            ref.run.instances[ref.index].isDue = true
            wake(ref)
            touch(ref.run)
        } else {
            triggerIsDue(ref)
        }
    }
}

extension RunExecution {
    /// When the run fails for having taken too long.
    var timeoutAt: Timestamp? {
        guard let timeout = plan.dag.header.dagRunTimeout, let start = run.startDate else { return nil }
        return start + timeout
    }
}
