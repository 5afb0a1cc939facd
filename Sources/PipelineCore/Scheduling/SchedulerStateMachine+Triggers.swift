/// Tasks that wait for a trigger or for a person.
extension SchedulerStateMachine {
    /// The instance that waits since this launch of it; `nil` when it goes on already, waits again, or is over.
    private func waitingInstance(_ id: LaunchID) -> InstanceRef? {
        guard let ref = tries[id.tryID], ref.instance.task.launchNumber == id.number,
            ref.state == .deferred || ref.state == .awaitingInput
        else { return nil }
        return ref
    }

    mutating func triggerFired(_ id: LaunchID, _ outcome: TriggerOutcome) {
        guard let ref = waitingInstance(id) else { return }
        conclude(ref, outcome)
    }

    private mutating func conclude(_ ref: InstanceRef, _ outcome: TriggerOutcome) {
        switch outcome {
        case .event(let payload): resumeTask(ref) { $0.receive(event: payload) }
        case .taskSucceeded: apply(.success(), to: ref)
        case .taskFailed: apply(.died(reason: "its trigger ended it as failed"), to: ref)
        case .taskSkipped: apply(.skipped(reason: "its trigger ended it as skipped"), to: ref)
        case .failed(let traceback):
            let lines = traceback.map { JSONValue.array($0.map(JSONValue.string)) } ?? .null
            resumeTask(ref) { $0.failOnResume(["error": "Trigger failure", "traceback": lines]) }
        }
    }

    /// Puts an instance to wait. What a trigger of time waits for, and the timeout of any, is a timer here; how long a
    /// person may take is known to ``InputWatch``, which knows the answer that counts then.
    mutating func suspend(_ ref: InstanceRef, _ state: TaskState, _ deferral: TaskOutcome.Deferral) {
        let timeout = deferral.timeout.map { now + $0 }
        change(ref) { instance in
            instance.task.state = state
            instance.task.triggerClass = state == .deferred ? deferral.triggerClass : nil
            instance.task.triggerKwargs = state == .deferred ? deferral.triggerKwargs : nil
            instance.task.triggerTimeout = timeout
            instance.task.nextMethod = deferral.nextMethod
            instance.task.nextKwargs = deferral.nextKwargs
        }
        setTriggerTimer(ref)
    }

    mutating func setTriggerTimer(_ ref: InstanceRef) {
        guard ref.state == .deferred else { return }
        let task = ref.instance.task
        guard let due = [TimeTrigger(task)?.moment, task.triggerTimeout].compactMap(\.self).min() else { return }
        setTimer(at: due, ref)
    }

    /// A timer of a deferred instance has come: its moment, or the end of its patience.
    mutating func triggerIsDue(_ ref: InstanceRef) {
        let task = ref.instance.task
        if let trigger = TimeTrigger(task), trigger.moment <= task.triggerTimeout ?? trigger.moment {
            conclude(ref, trigger.outcome)
        } else {
            // Source: Airflow 3.3 `jobs/scheduler_job_runner.py` (`check_trigger_timeouts`).
            resumeTask(ref) { $0.failOnResume(["error": "Trigger timeout"]) }
        }
    }

    /// Begins a try in its trigger, without a process before. It counts as a launch, so that every deferral has a number
    /// of its own. Source: Airflow 3.3 `models/taskinstance.py` (`defer_task`).
    mutating func beginInTrigger(_ ref: InstanceRef, _ deferral: TaskOutcome.Deferral) {
        let now = now
        if ref.run.mayHaveXComs(ref.index) { deleteXComs(of: ref) }
        change(ref) { instance in
            if instance.task.state != .upForReschedule { instance.task.tryNumber += 1 }
            instance.task.launchNumber += 1
            instance.task.scheduledAt = now
            instance.task.startDate = now
            instance.task.nextLookAt = nil
            instance.task.reason = nil
        }
        tries[ref.instance.task.id] = ref
        var deferral = deferral
        deferral.timeout = [deferral.timeout, ref.definition.executionTimeout].compactMap(\.self).min()
        suspend(ref, .deferred, deferral)
    }

    private mutating func resumeTask(_ ref: InstanceRef, _ body: (inout TaskInstance) -> Void) {
        let now = now
        change(ref) { instance in
            body(&instance.task)
            instance.task.state = .scheduled
            instance.task.scheduledAt = now
            instance.task.triggerClass = nil
            instance.task.triggerKwargs = nil
            instance.task.triggerTimeout = nil
        }
        offer(ref)
    }
}

extension TaskInstance {
    fileprivate mutating func receive(event payload: JSONValue) {
        var kwargs = nextKwargs?.objectValue ?? JSONObject()
        // What a DAG file says itself (`start_trigger_args`) is in the encoding of serialized DAGs.
        if kwargs["__type"]?.stringValue == "dict" { kwargs = kwargs["__var"]?.objectValue ?? JSONObject() }
        kwargs["event"] = payload
        nextKwargs = .object(kwargs)
    }

    /// The method that makes the SDK fail the task when it is resumed, with its callbacks and retries.
    fileprivate mutating func failOnResume(_ cause: JSONObject) {
        nextMethod = "__fail__"
        nextKwargs = .object(cause)
    }
}
