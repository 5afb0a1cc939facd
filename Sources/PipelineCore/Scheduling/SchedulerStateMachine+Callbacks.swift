/// What has to run after changes of state: wishes that are committed with them.
extension SchedulerStateMachine {
    private mutating func want(_ run: RunKey, _ work: (UUID7) -> CallbackWork) {
        let id = makeID()
        turn.changes.append(.saveCallback(CallbackRequest(id: id, run: run, work: work(id), createdAt: now)))
    }

    // MARK: - Runs

    /// - Parameter subject: the task that the end of the run is about.
    /// Source: Airflow 3.3 `models/dagrun.py` (`update_state`, `produce_dag_callback`).
    mutating func wantCallbacks(of run: RunExecution, subject: @autoclosure () -> TaskInstance?) {
        let header = run.plan.dag.header
        let isFailure = run.run.state == .failed
        if isFailure ? header.hasOnFailureCallback : header.hasOnSuccessCallback {
            let task = subject().map { CallbackTask($0) }
            let reason = run.run.reason ?? "success"
            want(run.run.key) { _ in .dag(isFailure: isFailure, reason: reason, task: task) }
        }
        notify(isFailure ? .failure : .success, run.run, task: nil)
    }

    mutating func notify(_ event: NotificationRule.Event, _ run: DAGRun, task: TaskInstance?) {
        let now = now
        for rule in notifications where rule.wants(event, of: run.key.dagID) {
            want(run.key) { id in
                .webhook(target: rule.target, body: NotificationRule.body(event, run, task: task, id: id, at: now))
            }
        }
    }

    // MARK: - Tasks

    /// Callbacks and e-mails that the task's own process did not come to. Source: Airflow 3.3
    /// `jobs/scheduler_job_runner.py` (`process_executor_events`), `models/trigger.py` (`handle_event_submit`).
    mutating func wantCallbacks(of ref: InstanceRef, isRetry: Bool, message: String) {
        let callbacks = ref.definition.callbacks
        guard !callbacks.isEmpty else { return }
        let task = CallbackTask(ref.instance.task)
        if isRetry ? callbacks.hasOnRetry : callbacks.hasOnFailure {
            want(ref.key.run) { _ in .task(task, isRetry: isRetry, message: message) }
        }
        wantEmail(of: ref, isRetry: isRetry, message: message)
    }

    mutating func wantEmail(of ref: InstanceRef, isRetry: Bool, message: String) {
        let callbacks = ref.definition.callbacks
        guard callbacks.hasEmail, isRetry ? callbacks.emailOnRetry : callbacks.emailOnFailure else { return }
        let task = CallbackTask(ref.instance.task)
        want(ref.key.run) { _ in .email(task, isRetry: isRetry, message: message) }
    }
}

extension RunExecution {
    /// The instance in this state that ended last.
    func lastEnded(_ state: TaskState) -> TaskInstance? {
        instances.map(\.task).filter { $0.state == state }
            .max { ($0.endDate ?? .distantPast) < ($1.endDate ?? .distantPast) }
    }

    /// The unfinished instance that started last.
    var lastUnfinished: TaskInstance? {
        instances.map(\.task).filter { !$0.isFinished }
            .max { ($0.startDate ?? .distantPast) < ($1.startDate ?? .distantPast) }
    }

    /// The first unfinished instance that waits behind a task which has ended.
    var blocked: TaskInstance? {
        instances.first { instance in
            guard !instance.task.isFinished else { return false }
            return plan.tasks[Int(instance.position)].upstream.contains { position in
                slots[Int(position)].unfinished == 0
            }
        }?.task
    }
}
