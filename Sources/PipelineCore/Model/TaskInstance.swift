/// One try of one task in one run: a row of `task_instance`. A retry or a clear archives the row and gives a new ``id``.
/// Source: Airflow 3.3 `models/taskinstance.py`.
package struct TaskInstance: Sendable, Hashable {
    /// Identity of this try. Everything an executor does is keyed by it, never by the try number.
    package var id: UUID7
    package var key: TaskInstanceKey
    package var state: TaskState?
    /// 0 until it is first scheduled; a task that is skipped without running keeps 0.
    package var tryNumber = 0
    /// The highest try number that may be retried past: `retries`, or try number + retries after a clear.
    package var maxTries = 0
    /// Counts launches of this try: a resume after deferral is a new launch of the same try.
    package var launchNumber = 0
    /// Launches of this try that the infrastructure lost: they are repeated without using up one of the user's retries.
    package var lossCount = 0
    /// Pokes of this try that asked for a later one (sensors in reschedule mode).
    package var rescheduleCount = 0

    package var scheduledAt: Timestamp?
    package var queuedAt: Timestamp?
    package var startDate: Timestamp?
    package var endDate: Timestamp?
    package var updatedAt: Timestamp?
    /// When a task that is up for retry or for reschedule is looked at again.
    package var nextLookAt: Timestamp?

    package var operatorName = ""
    package var pool = Pool.defaultName
    package var poolSlots = 1
    package var priorityWeight = 1
    package var queue = "default"
    package var executor: String?
    /// The machine: for a pod, its node.
    package var hostname = ""
    /// The image that the pod of the try runs, with its digest, as its node reports it; `nil` where there is no pod.
    package var imageID: String?
    package var unixname = ""
    package var pid: Int?
    /// Start time of `pid` in clock ticks after boot (field 22 of /proc/pid/stat): tells a reused pid from ours.
    package var pidStartTime: Int?
    package var dagVersionID: UUID7?
    package var renderedMapIndex: String?
    package var note: String?

    /// Where a resumed task goes on, and with which arguments (serde JSON).
    package var nextMethod: String?
    package var nextKwargs: JSONValue?
    /// The trigger that a deferred task waits for: class path and arguments (serde JSON).
    package var triggerClass: String?
    package var triggerKwargs: JSONValue?
    package var triggerTimeout: Timestamp?
    /// Why it failed or waits, for people; bounded to ``maximumReasonLength``.
    package var reason: String?

    package static let maximumReasonLength = 2_000

    package init(id: UUID7, key: TaskInstanceKey) {
        self.id = id
        self.key = key
    }

    package var mapIndex: Int { key.mapIndex }
    package var taskID: String { key.taskID }

    package var duration: Duration? {
        guard let startDate, let endDate else { return nil }
        return endDate - startDate
    }

    package var isFinished: Bool { state?.isFinished ?? false }
}
