/// Something that has to run after a change of state, and that the scheduler itself must not run: a row of `callback`. It
/// is committed with the change that causes it, and deleted when it has run (decision 0009): a crash between the two
/// repeats it.
package struct CallbackRequest: Sendable, Hashable {
    package var id: UUID7
    package var run: RunKey
    package var work: CallbackWork
    package var createdAt: Timestamp
    /// Attempts that have failed and are to be repeated.
    package var attempts = 0
    /// Not run before; `nil`: at once.
    package var dueAt: Timestamp?

    package init(id: UUID7, run: RunKey, work: CallbackWork, createdAt: Timestamp) {
        self.id = id
        self.run = run
        self.work = work
        self.createdAt = createdAt
    }
}

/// What a ``CallbackRequest`` asks for.
package enum CallbackWork: Sendable, Hashable {
    /// `on_success_callback` or `on_failure_callback` of a DAG whose run has ended. `task` is the one that the run's end is
    /// about, `reason` why it ended: `success`, `task_failure`, `all_tasks_deadlocked`, `timed_out`, or why it was cancelled.
    case dag(isFailure: Bool, reason: String, task: CallbackTask?)
    /// `on_failure_callback` or `on_retry_callback` of a task whose process did not come to run it.
    case task(CallbackTask, isRetry: Bool, message: String)
    /// The e-mail about such a task.
    case email(CallbackTask, isRetry: Bool, message: String)
    /// The callback of a deadline that was missed.
    case deadline(DeadlineCallback, deadlineID: UUID7, deadlineTime: Timestamp)
    /// A message to one of the targets of the settings (``NotificationRule/target``).
    case webhook(target: String, body: JSONObject)

    /// The name of the kind, as it is stored and shown.
    package var kind: String {
        switch self {
        case .dag: "dag"
        case .task: "task"
        case .email: "email"
        case .deadline: "deadline"
        case .webhook: "webhook"
        }
    }
}

/// The try that a callback is about.
package struct CallbackTask: Sendable, Hashable {
    package var tryID: UUID7
    package var taskID: String
    package var mapIndex: Int
    package var tryNumber: Int
    package var maxTries: Int
    package var dagVersionID: UUID7?
    package var hostname: String
    package var queue: String
    package var startDate: Timestamp?

    package init(_ instance: TaskInstance) {
        tryID = instance.id
        taskID = instance.taskID
        mapIndex = instance.mapIndex
        tryNumber = instance.tryNumber
        maxTries = instance.maxTries
        dagVersionID = instance.dagVersionID
        hostname = instance.hostname
        queue = instance.queue
        startDate = instance.startDate
    }
}

/// A callable by its import path. Source: Airflow 3.3 `sdk/definitions/callback.py`.
package struct DeadlineCallback: Sendable, Hashable {
    /// Where it runs: `AsyncCallback` in the trigger host, `SyncCallback` in a process of its own.
    package var isAsync: Bool
    package var path: String
    /// Its arguments, in the SDK's serde form.
    package var kwargs: JSONObject

    package init(isAsync: Bool, path: String, kwargs: JSONObject) {
        self.isAsync = isAsync
        self.path = path
        self.kwargs = kwargs
    }
}
