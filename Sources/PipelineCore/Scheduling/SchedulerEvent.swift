/// What may happen to the scheduler. Everything that comes from the world (a clock, a store, an executor, a person)
/// reaches ``SchedulerStateMachine`` as one of these values.
package enum SchedulerEvent: Sendable {
    /// A run that is not in the store yet. The machine creates its task instances.
    case runCreated(RunSnapshot)
    /// A run that the store holds, after a start or a takeover. Tries that were in an executor's hands stay as they
    /// are until ``taskLost(_:reason:)`` or an outcome says more.
    case runLoaded(RunSnapshot)
    /// A launch of a try has a process.
    case taskStarted(LaunchID, StartedProcess)
    /// Why a launch that has been handed over does not run yet, for people; `nil`: it waits for nothing any more.
    case taskWaits(LaunchID, reason: String?)
    /// A launch of a try ended.
    case taskEnded(LaunchID, TaskOutcome)
    /// The executor could not start a launch (no such program, no memory): counts as a failure of the try.
    case launchFailed(LaunchID, reason: String)
    /// A launch ended without a report: an infrastructure failure, which does not use up one of the user's retries
    /// until ``SchedulerLimits/maximumLosses`` launches of the try were lost.
    case taskLost(LaunchID, reason: String)
    /// A launch was ended because `pipeline` itself was stopped by a person: nobody's failure. It is launched again, however
    /// often.
    case taskStopped(LaunchID, reason: String)
    /// A running branch or short circuit asks to skip tasks (`skip-downstream`).
    case downstreamSkipped(by: LaunchID, [SkipTarget])
    /// A running task stored an XCom that the machine has to know of (`return_value` lengths, `skipmixin_key`).
    case xcomPushed(TaskInstanceKey, XComNotice)
    case mapIndexRendered(LaunchID, String)
    /// What a task waits for since this launch of it (deferred, or for a person) has come. A task that has gone on since
    /// is not touched, even if it waits again.
    case triggerFired(LaunchID, TriggerOutcome)
    case tasksCleared(ClearRequest)
    /// The same on another version of the DAG, to which the run is pinned from then on.
    case tasksClearedOnVersion(ClearRequest, VersionChange)
    case taskStateSet(TaskInstanceKey, TaskState)
    /// Ends a run as failed: unfinished tasks become skipped, running ones are terminated.
    case runCancelled(RunKey, reason: String)
    case poolsChanged([Pool])
    case dagPaused(dagID: String, Bool)
    /// Time went on: retries, reschedules, timeouts and `run_after` may be due.
    case timeReached
    /// The events of the same turn carry out this request of another process.
    case requestTaken(Int)
    /// DAGs that are new or have changed: for planners.
    case schedulesChanged([DAGSchedule])
    /// DAGs that are no longer there: they get no new runs.
    case schedulesRemoved([String])
    /// Exactly these assets are active: the store's rows, after the folder was read.
    case activeAssetsChanged([AssetKey])
    /// Events that another process has written into the store, and nobody has registered yet.
    case assetEventsCreated([AssetEvent])
    /// The store's backfills that are not completed, new ones and changed ones among them.
    case backfillsChanged([OpenBackfill])
    /// A person gives a backfill up: what waits of it ends as failed, what runs goes on.
    case backfillCancelled(Int)
    /// What a custom partition mapper has answered.
    case partitionMapped(PartitionQuestion, PartitionAnswer)
    /// What Python answered: the next run of a custom timetable, or `nil`.
    case nextRunKnown(TimetableQuestion, ScheduledRun?)
}

/// One launch of one try. A try that is deferred and resumed is launched several times; a report that carries an
/// older launch number changes nothing (Airflow pitfall: the resume race).
package struct LaunchID: Sendable, Hashable {
    package var tryID: UUID7
    package var number: Int

    package init(tryID: UUID7, number: Int) {
        self.tryID = tryID
        self.number = number
    }
}

/// The process that a launch became.
package struct StartedProcess: Sendable, Hashable {
    package var hostname: String
    /// The image with its digest; `nil` for a process that is no container.
    package var imageID: String?
    package var unixname: String
    package var pid: Int?
    /// Field 22 of `/proc/<pid>/stat`.
    package var pidStartTime: Int?
    /// When it began, by the executor's clock.
    package var at: Timestamp

    package init(
        hostname: String, imageID: String? = nil, unixname: String, pid: Int?, pidStartTime: Int?, at: Timestamp
    ) {
        self.hostname = hostname
        self.imageID = imageID
        self.unixname = unixname
        self.pid = pid
        self.pidStartTime = pidStartTime
        self.at = at
    }
}

/// How a launch ended, as the runner reported it.
package enum TaskOutcome: Sendable, Hashable {
    /// `outlets` and `outletEvents` as the Task SDK sends them (`SucceedTask`).
    case success(outlets: [JSONValue] = [], outletEvents: [JSONValue] = [])
    /// Final whatever retries are left (`AirflowFailException`, an exhausted sensor).
    case failed(reason: String)
    /// Failed; to be tried again if tries are left. A `RetryPolicy` may have chosen the delay.
    case failedMayRetry(reason: String, delay: Duration? = nil)
    /// Its process ended, or never began, without having said how the task went: as ``failedMayRetry(reason:delay:)``, or
    /// as ``failed(reason:)`` where another try would end the same way; callbacks and e-mails of the task have not run.
    case died(reason: String, isFinal: Bool = false)
    case skipped(reason: String? = nil)
    case removed
    case upForReschedule(at: Timestamp)
    case deferred(Deferral)
    case awaitingInput(Deferral)

    package struct Deferral: Sendable, Hashable {
        package var triggerClass: String
        package var triggerKwargs: JSONValue
        package var timeout: Duration?
        package var nextMethod: String
        package var nextKwargs: JSONValue

        package init(
            triggerClass: String, triggerKwargs: JSONValue, timeout: Duration?, nextMethod: String,
            nextKwargs: JSONValue
        ) {
            self.triggerClass = triggerClass
            self.triggerKwargs = triggerKwargs
            self.timeout = timeout
            self.nextMethod = nextMethod
            self.nextKwargs = nextKwargs
        }
    }
}

/// A task that a branch skips: all its instances in the run, or the one with this map index.
package struct SkipTarget: Sendable, Hashable {
    package var taskID: String
    package var mapIndex: Int?

    package init(taskID: String, mapIndex: Int? = nil) {
        self.taskID = taskID
        self.mapIndex = mapIndex
    }
}

/// What the machine has to know of a stored XCom.
package struct XComNotice: Sendable, Hashable {
    package var key: String
    /// The number of elements of a `return_value` (or other key) that a mapped task is expanded over.
    package var mappedLength: Int?
    /// Whether the value itself is something (a mapped upstream's instances count only if they pushed).
    package var isNull: Bool
    package var skipDecision: SkipDecision?

    package init(key: String, mappedLength: Int?, isNull: Bool = false, skipDecision: SkipDecision? = nil) {
        self.key = key
        self.mappedLength = mappedLength
        self.isNull = isNull
        self.skipDecision = skipDecision
    }
}

/// The value of an XCom `skipmixin_key`: `{"followed": [...]}` or `{"skipped": [...]}`.
package enum SkipDecision: Sendable, Hashable {
    case followed([String])
    case skipped([String])

    /// Reads the XCom's value; `nil` when it has another shape.
    package init?(_ value: JSONValue) {
        func ids(_ key: String) -> [String]? { value[key]?.arrayValue?.compactMap(\.stringValue) }
        if let followed = ids("followed") {
            self = .followed(followed)
        } else if let skipped = ids("skipped") {
            self = .skipped(skipped)
        } else {
            return nil
        }
    }

    package func skips(_ taskID: String) -> Bool {
        switch self {
        case .followed(let ids): !ids.contains(taskID)
        case .skipped(let ids): ids.contains(taskID)
        }
    }
}

/// A wish to run tasks of a run again. Source: Airflow 3.3 `models/taskinstance.py` (`clear_task_instances`).
package struct ClearRequest: Sendable, Hashable {
    package var run: RunKey
    /// `nil`: all tasks.
    package var taskIDs: [String]?
    /// Only these map indexes of the tasks; `nil`: all.
    package var mapIndexes: [Int]?
    package var includeUpstream: Bool
    package var includeDownstream: Bool
    package var onlyFailed: Bool
    package var onlyRunning: Bool
    /// On the latest version of the DAG; else on the version that the run has.
    package var runOnLatestVersion: Bool

    package init(
        run: RunKey, taskIDs: [String]? = nil, mapIndexes: [Int]? = nil, includeUpstream: Bool = false,
        includeDownstream: Bool = false, onlyFailed: Bool = false, onlyRunning: Bool = false,
        runOnLatestVersion: Bool = false
    ) {
        self.run = run
        self.taskIDs = taskIDs
        self.mapIndexes = mapIndexes
        self.includeUpstream = includeUpstream
        self.includeDownstream = includeDownstream
        self.onlyFailed = onlyFailed
        self.onlyRunning = onlyRunning
        self.runOnLatestVersion = runOnLatestVersion
    }
}
