extension SchedulerStateMachine {
    /// The instance whose current launch a report is about; `nil` for a report that is out of date.
    func liveInstance(_ id: LaunchID) -> InstanceRef? {
        guard let ref = tries[id.tryID], ref.run.instances[ref.index].isLive,
            ref.run.instances[ref.index].task.launchNumber == id.number
        else { return nil }
        return ref
    }

    mutating func taskStarted(_ id: LaunchID, _ process: StartedProcess) {
        guard let ref = liveInstance(id) else {
            // A process of a try that is over, or of a launch that nobody knows any more: it must not go on.
            turn.terminations.append((id, .superseded))
            return
        }
        guard ref.state != .restarting else {
            change(ref) { $0.task.record(process) }
            turn.terminations.append((id, .cleared))
            return
        }
        guard ref.state == .queued else { return }
        change(ref) { instance in
            instance.task.state = .running
            instance.task.record(process)
            // A resume after a deferral goes on with the same start.
            if instance.task.nextMethod == nil || instance.task.startDate == nil {
                instance.task.startDate = process.at
            }
        }
    }

    mutating func taskWaits(_ id: LaunchID, _ reason: String?) {
        guard let ref = liveInstance(id), ref.state == .queued || ref.state == .running else { return }
        let reason = reason.map { String($0.prefix(TaskInstance.maximumReasonLength)) }
        guard ref.instance.task.reason != reason else { return }
        change(ref) { $0.task.reason = reason }
    }

    mutating func taskEnded(_ id: LaunchID, _ outcome: TaskOutcome) {
        if endZombie(id) { return }
        guard let ref = liveInstance(id) else { return }
        if ref.state == .restarting { return restart(ref) }
        change(ref) { $0.isLive = false }
        apply(outcome, to: ref)
    }

    mutating func apply(_ outcome: TaskOutcome, to ref: InstanceRef) {
        if case .success = outcome, let verdict = ref.run.instances[ref.index].verdict {
            return die(ref, reason: verdict)
        }
        switch outcome {
        case .success(let outlets, let events): succeed(ref, outlets, events)
        case .failed(let reason):
            wantEmailOfNative(ref, isRetry: false, message: reason)
            fail(ref, reason: reason)
        case .failedMayRetry(let reason, let delay):
            wantEmailOfNative(ref, isRetry: ref.run.instances[ref.index].task.mayRetry, message: reason)
            failOrRetry(ref, reason: reason, delay: delay)
        case .died(let reason, let isFinal): die(ref, reason: reason, isFinal: isFinal)
        case .skipped(let reason): complete(ref, .skipped, reason: reason)
        case .removed: complete(ref, .removed, reason: nil)
        case .upForReschedule(let date): reschedule(ref, at: date)
        case .deferred(let deferral): suspend(ref, .deferred, deferral)
        case .awaitingInput(let deferral): suspend(ref, .awaitingInput, deferral)
        }
    }

    /// The end of a try that could not run what it wants to happen then.
    mutating func die(_ ref: InstanceRef, reason: String, isFinal: Bool = false) {
        let isRetry = !isFinal && ref.run.instances[ref.index].task.mayRetry
        wantCallbacks(of: ref, isRetry: isRetry, message: reason)
        if isRetry { failOrRetry(ref, reason: reason, delay: nil) } else { fail(ref, reason: reason) }
    }

    /// A task without Python has no callbacks, but it may have somebody to write to.
    private mutating func wantEmailOfNative(_ ref: InstanceRef, isRetry: Bool, message: String) {
        if ref.definition.native != nil { wantEmail(of: ref, isRetry: isRetry, message: message) }
    }

    private mutating func complete(_ ref: InstanceRef, _ state: TaskState, reason: String?) {
        tries[ref.run.instances[ref.index].task.id] = nil
        end(ref, state, reason: reason)
    }

    private mutating func succeed(_ ref: InstanceRef, _ outlets: [JSONValue], _ events: [JSONValue]) {
        complete(ref, .success, reason: nil)
        guard !outlets.isEmpty || !events.isEmpty else { return }
        turn.changes.append(
            .saveAssetEvents(
                task: ref.key, outlets: outlets, events: events, partition: ref.run.run.partition, at: now))
    }

    private mutating func fail(_ ref: InstanceRef, reason: String) {
        complete(ref, .failed, reason: reason)
        notify(.taskFailure, ref.run.run, task: ref.instance.task)
        if ref.run.plan.dag.header.failFast { stopRemaining(ref) }
    }

    /// Source: Airflow 3.3 `models/taskinstance.py` (`_stop_remaining_tasks`): teardowns and further instances of the
    /// failed task go on.
    private mutating func stopRemaining(_ failed: InstanceRef) {
        let run = failed.run
        for index in run.instances.indices where run.instances[index].position != run.instances[failed.index].position {
            let ref = InstanceRef(run: run, index: index)
            guard ref.state?.isFinished != true, !run.plan.dag.tasks[ref.position].isTeardown else { continue }
            let state: TaskState = ref.state == .running ? .failed : .skipped
            stop(ref, state, .failFast, reason: "Stopped because task '\(failed.key.taskID)' failed (fail_fast).")
        }
    }

    /// A failed try with tries left is archived; the instance waits under a new id.
    mutating func failOrRetry(_ ref: InstanceRef, reason: String, delay: Duration?) {
        guard ref.run.instances[ref.index].task.mayRetry else { return fail(ref, reason: reason) }
        let wait = delay ?? ref.run.retryDelay(ref.index)
        let due = now + wait
        renew(ref, as: .failed, reason: reason) { task in
            task.state = .upForRetry
            task.nextLookAt = due
            task.reason = reason
        }
        setTimer(at: due, ref)
        wake(ref)
    }

    private mutating func reschedule(_ ref: InstanceRef, at date: Timestamp) {
        let task = ref.run.instances[ref.index].task
        turn.changes.append(
            .saveReschedule(
                TaskReschedule(
                    tryID: task.id, startDate: task.startDate ?? now, endDate: max(now, task.startDate ?? now),
                    rescheduleDate: date)))
        change(ref) { instance in
            instance.task.state = .upForReschedule
            instance.task.rescheduleCount += 1
            instance.task.nextLookAt = date
            instance.task.forgetResume()
        }
        setTimer(at: date, ref)
        wake(ref)
    }

    /// Archives the current try, if there was one, and gives the instance a new one that has not run.
    mutating func renew(
        _ ref: InstanceRef, as state: TaskState, reason: String? = nil, _ body: (inout TaskInstance) -> Void
    ) {
        tries[ref.run.instances[ref.index].task.id] = nil
        let id = makeID()
        let old = ref.run.instances[ref.index].task
        if old.wasScheduled {
            var archived = old
            archived.updatedAt = now
            if !old.isFinished { archived.finish(state, at: now, reason: reason ?? old.reason) }
            turn.changes.append(.archiveTask(archived))
        }
        var fresh = ref.run.nextTry(of: ref.index, id: id)
        // Slots that are in use are counted under the pool that they were taken from.
        let keepsPool = ref.instance.footprint.usesSlots
        if keepsPool { (fresh.pool, fresh.poolSlots) = (old.pool, old.poolSlots) }
        let pool = keepsPool ? ref.instance.pool : poolIndex(fresh.pool)
        change(ref) { instance in
            instance.pool = pool
            instance.task = fresh
            instance.verdict = nil
            body(&instance.task)
        }
    }

    mutating func xcomPushed(_ key: TaskInstanceKey, _ notice: XComNotice) {
        guard let run = runs[key.run], let position = run.plan.dag.position(of: key.taskID),
            let index = run.slots[position].instance(key.mapIndex)
        else { return }
        let isMapSource = run.plan.tasks[position].isMapSource
        run.xcoms.record(notice, position: position, mapIndex: key.mapIndex, isMapSource: isMapSource)
        guard isMapSource, let length = notice.mappedLength, length > limits.maximumMapLength else { return }
        run.instances[index].verdict = "unmappable return value: its length \(length) is above max_map_length "
            + "(\(limits.maximumMapLength)), but a task is mapped over it"
    }

    mutating func mapIndexRendered(_ id: LaunchID, _ text: String) {
        guard let ref = liveInstance(id) else { return }
        change(ref) { $0.task.renderedMapIndex = text }
    }

    /// Source: Airflow 3.3 `execution_api/routes/task_instances.py` (`ti_skip_downstream`): what runs or is over is left.
    mutating func skipDownstream(_ id: LaunchID, _ targets: [SkipTarget]) {
        guard let source = liveInstance(id), source.state != .restarting else { return }
        let run = source.run
        for target in targets {
            guard let position = run.plan.dag.position(of: target.taskID) else { continue }
            let indexes = target.mapIndex.map { run.slots[position].instance($0).map { [$0] } ?? [] }
                ?? run.slots[position].instances
            for index in indexes { skip(InstanceRef(run: run, index: index), by: source.key.taskID) }
        }
    }

    private mutating func skip(_ ref: InstanceRef, by taskID: String) {
        guard ref.state != .running, ref.state != .restarting, ref.state?.isFinished != true else { return }
        let now = now
        change(ref) { $0.task.startDate = now }
        stop(ref, .skipped, .superseded, reason: "Skipped by task '\(taskID)'.")
    }
}

extension TaskInstance {
    /// The try has been scheduled, or ended without: it belongs into the history. A task up for retry is a new try of
    /// which nothing has happened yet, and whose predecessor is archived already.
    var wasScheduled: Bool { state != .upForRetry && (isFinished || tryNumber > 0) && state != nil }

    mutating func record(_ process: StartedProcess) {
        hostname = process.hostname
        imageID = process.imageID
        unixname = process.unixname
        pid = process.pid
        pidStartTime = process.pidStartTime
        endDate = nil
    }
}

extension RunExecution {
    /// A new try of an instance: its numbers go on, what the last try left is gone.
    func nextTry(of index: Int, id: UUID7) -> TaskInstance {
        let old = instances[index].task
        var task = TaskInstance(id: id, key: old.key)
        configure(&task, Int(instances[index].position))
        task.tryNumber = old.tryNumber
        task.maxTries = old.maxTries
        task.note = old.note
        return task
    }

    func retryDelay(_ index: Int) -> Duration {
        let position = Int(instances[index].position)
        return RetryDelay.delay(
            plan.dag.tasks[position].retry, dagID: plan.dag.id, taskID: plan.dag.tasks[position].id,
            logicalDate: run.logicalDate, tryNumber: instances[index].task.tryNumber)
    }
}
