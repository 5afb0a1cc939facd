/// What the service has to do after an event, in this order. All `store` actions of one turn are committed together,
/// before any of the others is carried out (architecture decision D5). Every action may be repeated.
///
/// A turn may give tens of thousands of them, so they stand in boxes: a launch in place would make each of them 1.4 KB.
package enum SchedulerAction: Sendable {
    case store(StoreChange)
    indirect case launch(TaskLaunch)
    indirect case terminate(LaunchID, TerminationReason)
    /// The run is finished, and no launch of it is alive: the machine has forgotten it.
    indirect case runEnded(DAGRun)
}

/// Why a process is ended.
package enum TerminationReason: String, Sendable, Hashable {
    case cleared, runTimeout = "run_timeout", runCancelled = "run_cancelled", failFast = "fail_fast"
    case stateSet = "state_set", superseded, shutdown
}

/// One durable change. Changes are upserts or deletes by primary key, so that a repeated commit is harmless.
package enum StoreChange: Sendable, Hashable {
    /// Inserts or replaces the run; of a known run the note stays, which only `setNote` changes: the scheduler's copy
    /// may be older. A run is finished exactly when its `endDate` is set (else ``StoreError/Code/invalid``).
    indirect case saveRun(DAGRun)
    /// Inserts the try or replaces the row with the same id. A row of the same key with another id is replaced
    /// (the machine has archived it before in the same commit).
    indirect case saveTask(TaskInstance)
    /// Copies a try into the history and removes it from the live rows.
    indirect case archiveTask(TaskInstance)
    /// One poke of a sensor in reschedule mode.
    indirect case saveReschedule(TaskReschedule)
    /// Removes all XComs of an instance: a new try starts without any.
    indirect case deleteXComs(TaskInstanceKey)
    /// Records events of assets that a successful task wrote (``OutletEvent``); `partition` is its run's.
    indirect case saveAssetEvents(
        task: TaskInstanceKey, outlets: [JSONValue], events: [JSONValue], partition: RunPartition? = nil, at: Timestamp)
    /// Registers events that another process has written: from this instant they count for the DAGs that wait.
    indirect case registerAssetEvents(ids: [Int], at: Timestamp)
    /// An asset has had an event that a DAG waits for; the row that is there already stays.
    indirect case queueAsset(QueuedAsset)
    /// A run has come of what was queued for the DAG, or the DAG waits for it no more.
    indirect case dequeueAssets(dagID: String, [AssetKey])
    /// Links a run to the events that it consumes, as they are at this place among the changes.
    indirect case consumeAssetEvents(AssetConsumption)
    /// Exactly these assets are named by the DAG's schedule.
    indirect case saveAssetReferences(dagID: String, [AssetReference])
    /// What waits to become a run of a partition.
    indirect case partition(PartitionChange)
    case setPaused(dagID: String, Bool)
    /// What became of one date of a backfill.
    indirect case saveBackfillRun(BackfillRun)
    /// Ends a backfill: nothing of it is unfinished, or it was cancelled, which pauses it too.
    case finishBackfill(id: Int, at: Timestamp, isCancelled: Bool)
    /// Removes a request of another process: it has been carried out with this commit.
    case finishRequest(Int)
    /// Something is to run after this commit; one that is there already gets new attempts and a new time, no more.
    indirect case saveCallback(CallbackRequest)
    /// It has run.
    case finishCallback(UUID7)
    /// Inserts a deadline, or gives one that is there a new time, or marks it as missed.
    indirect case saveDeadline(Deadline)
    /// The run has kept it.
    case deleteDeadline(UUID7)
}

/// A row of `task_reschedule`.
package struct TaskReschedule: Sendable, Hashable {
    package var tryID: UUID7
    package var startDate: Timestamp
    package var endDate: Timestamp
    package var rescheduleDate: Timestamp

    package init(tryID: UUID7, startDate: Timestamp, endDate: Timestamp, rescheduleDate: Timestamp) {
        self.tryID = tryID
        self.startDate = startDate
        self.endDate = endDate
        self.rescheduleDate = rescheduleDate
    }
}
