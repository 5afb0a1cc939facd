/// A task instance in the machine.
struct Instance {
    var task: TaskInstance
    /// Position of the task in the DAG.
    let position: Int32
    /// Index of ``TaskInstance/pool`` in the machine's table.
    var pool: Int32
    /// Counts the times it was scheduled: tells old entries of the admission queues.
    var scheduleGeneration: UInt32 = 0
    /// Counts timers: tells old entries of the timer queue.
    var timerGeneration: UInt32 = 0
    /// Launches of earlier tries, or of this try before it was ended from outside, whose process may still be alive.
    var zombies: UInt16 = 0
    /// The current launch, ``launchID``, has or gets a process.
    var isLive = false
    /// The time it waited for has come; a clock that is set back does not undo that.
    var isDue = false
    /// To be saved at the end of this turn.
    var isDirty = false
    /// Stands in the queue of instances to evaluate.
    var isWoken = false
    /// The try cannot succeed, whatever its process says: why.
    var verdict: String?

    var launchID: LaunchID { LaunchID(tryID: task.id, number: task.launchNumber) }
    /// A process exists, or may exist, that uses the instance's slots.
    var occupies: Bool { isLive || zombies > 0 }
    /// Counts for `max_active_tis_per_dag` and `max_active_tis_per_dagrun`.
    var isActive: Bool { occupies || task.state == .deferred || task.state == .awaitingInput }
    /// Its dependencies decide what comes next.
    var isPending: Bool { Self.isPending(task.state) }

    static func isPending(_ state: TaskState?) -> Bool {
        state == nil || state == .upForRetry || state == .upForReschedule
    }
}

/// Where an instance is.
struct InstanceRef {
    let run: RunExecution
    let index: Int

    var instance: Instance { run.instances[index] }
    var key: TaskInstanceKey { run.instances[index].task.key }
    var position: Int { Int(run.instances[index].position) }
    var definition: TaskDefinition { run.plan.dag.tasks[position] }
    var planned: PlannedTask { run.plan.tasks[position] }
    var state: TaskState? { run.instances[index].task.state }
    var isPending: Bool { Instance.isPending(state) }
}
