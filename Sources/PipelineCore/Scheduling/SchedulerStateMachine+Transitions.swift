extension SchedulerStateMachine {
    /// Changes an instance and brings everything that is derived from instances up to date. All changes of state, of
    /// having a process, and of pool slots pass through here: no count can leak.
    mutating func change(_ ref: InstanceRef, _ body: (inout Instance) -> Void) {
        let before = ref.run.instances[ref.index].footprint
        body(&ref.run.instances[ref.index])
        let after = ref.run.instances[ref.index].footprint
        if before.state != after.state {
            ref.run.recount(ref.position, before.state, after.state)
            if before.isFinished || after.isFinished { wakeDependents(ref) }
        }
        if before.usesSlots || after.usesSlots {
            countSlots(ref, before, -1)
            countSlots(ref, after, 1)
        }
        save(ref)
        touch(ref.run)
    }

    private mutating func countSlots(_ ref: InstanceRef, _ footprint: Instance.Footprint, _ sign: Int) {
        let pool = Int(footprint.pool)
        if footprint.occupies {
            occupied += sign
            ref.run.occupied += sign
            pools[pool].occupied += sign * footprint.poolSlots
        }
        if footprint.isDeferred { pools[pool].deferred += sign * footprint.poolSlots }
        if footprint.isActive { countActive(ref, sign) }
    }

    private mutating func countActive(_ ref: InstanceRef, _ sign: Int) {
        ref.run.slots[ref.position].active += Int32(sign)
        let dagID = ref.run.run.key.dagID
        guard dags[dagID]?.limitsTasks == true else { return }
        dags[dagID]?.activeTasks[ref.definition.id, default: 0] += sign
    }

    /// Ends an instance in a final state without its having run.
    mutating func end(_ ref: InstanceRef, _ state: TaskState, reason: String? = nil) {
        let now = now
        change(ref) { instance in
            instance.task.startDate = instance.task.startDate ?? now
            instance.task.finish(state, at: now, reason: reason)
        }
    }

    /// Ends an instance whatever it does; a process of it is terminated and keeps its slots until it is gone.
    mutating func stop(_ ref: InstanceRef, _ state: TaskState, _ cause: TerminationReason, reason: String?) {
        abandonLaunch(ref, cause)
        tries[ref.instance.task.id] = nil
        let now = now
        change(ref) { $0.task.finish(state, at: now, reason: reason) }
    }

    /// Takes the current launch out of an instance's life and asks for its process to be ended.
    mutating func abandonLaunch(_ ref: InstanceRef, _ cause: TerminationReason) {
        let id = ref.run.instances[ref.index].launchID
        guard ref.run.instances[ref.index].isLive else { return }
        turn.terminations.append((id, cause))
        zombies[id] = ref
        change(ref) { instance in
            instance.isLive = false
            instance.zombies += 1
        }
    }
}

extension RunExecution {
    /// Moves one instance of a task from a state to another in all counts of the run.
    func recount(_ position: Int, _ old: TaskState?, _ new: TaskState?) {
        let isSetup = plan.dag.tasks[position].isSetup
        let (wasFinished, isFinished) = (old?.isFinished == true, new?.isFinished == true)
        let (wasPending, isPending) = (Instance.isPending(old), Instance.isPending(new))
        slots[position].own.count(old, isSetup: isSetup, -1)
        slots[position].own.count(new, isSetup: isSetup)
        unfinished += (isFinished ? 0 : 1) - (wasFinished ? 0 : 1)
        let shift = (isPending ? 1 : 0) - (wasPending ? 1 : 0)
        pending += shift
        slots[position].pending += Int32(shift)
        waiting += (isPending && new != nil ? 1 : 0) - (wasPending && old != nil ? 1 : 0)
        guard wasFinished || isFinished else { return }
        for target in plan.tasks[position].downstream {
            slots[Int(target)].upstream.count(old, isSetup: isSetup, -1)
            slots[Int(target)].upstream.count(new, isSetup: isSetup)
        }
    }
}

extension Instance {
    /// What of an instance is counted elsewhere.
    struct Footprint {
        var state: TaskState?
        var occupies: Bool
        var isActive: Bool
        var isDeferred: Bool
        var pool: Int32
        var poolSlots: Int

        var isFinished: Bool { state?.isFinished == true }
        var usesSlots: Bool { occupies || isActive || isDeferred }
    }

    var footprint: Footprint {
        Footprint(
            state: task.state, occupies: occupies, isActive: isActive, isDeferred: task.state == .deferred, pool: pool,
            poolSlots: task.poolSlots)
    }
}

extension TaskInstance {
    /// Ends the try. What a resume would have needed is dropped, as in Airflow.
    mutating func finish(_ state: TaskState, at now: Timestamp, reason: String?) {
        self.state = state
        endDate = max(now, startDate ?? now)
        nextLookAt = nil
        self.reason = reason.map { String($0.prefix(Self.maximumReasonLength)) }
        forgetResume()
    }

    mutating func forgetResume() {
        nextMethod = nil
        nextKwargs = nil
        triggerClass = nil
        triggerKwargs = nil
        triggerTimeout = nil
    }
}
