package import PipelineCore

/// Values that fill every field, so that a field which a driver loses is noticed.
package enum Sample {
    static let noon = Timestamp(microseconds: 1_767_225_600_123_456)

    static func instant(_ minutes: Int) -> Timestamp { noon + .seconds(60 * minutes) }

    static func id(_ number: Int) -> UUID7 {
        UUID7(high: 0x0194_0000_0000_7000 + UInt64(number) << 16, low: 0x8000_0000_0000_0000 + UInt64(number))
    }

    static func key(_ dagID: String = "etl", _ number: Int = 1) -> RunKey {
        RunKey(dagID: dagID, runID: "manual__\(number)")
    }

    /// A run with nothing but what it needs, `run_after` and `logical_date` at minute `number`.
    static func run(_ dagID: String = "etl", _ number: Int = 1, state: RunState = .running) -> DAGRun {
        var run = DAGRun(key: key(dagID, number), type: .manual, runAfter: instant(number), triggeredBy: .cli)
        run.state = state
        run.logicalDate = instant(number)
        if state.isFinished { run.endDate = instant(number + 1) }
        return run
    }

    package static func fullRun() -> DAGRun {
        var run = run(state: .success)
        run.type = .scheduled
        run.dataIntervalStart = instant(-60)
        run.dataIntervalEnd = instant(0)
        run.queuedAt = instant(1)
        run.startDate = instant(2)
        run.endDate = instant(3)
        run.updatedAt = instant(4)
        run.conf = ["z": 1, "a": ["ü", .null, 0.5, true], "nested": ["ключ": "\u{0}\n\"'"]]
        run.triggeredBy = .restAPI
        run.triggeringUser = "Ada"
        run.dagVersionID = id(77)
        run.bundleVersion = "0123abc"
        run.clearNumber = 2
        run.partition = RunPartition(key: "2026-01-01", date: instant(-1_440))
        run.note = "a note; with 'quotes' -- and\nlines"
        run.reason = "all_tasks_deadlocked"
        run.backfillID = 42
        return run
    }

    static func task(
        _ number: Int, _ taskID: String = "extract", run: RunKey = key(), mapIndex: Int = -1, state: TaskState? = nil
    ) -> TaskInstance {
        var task = TaskInstance(
            id: id(number), key: TaskInstanceKey(run: run, taskID: taskID, mapIndex: mapIndex))
        task.state = state
        if state?.isFinished == true { task.endDate = instant(5) }
        return task
    }

    package static func fullTask(_ number: Int = 1) -> TaskInstance {
        var task = task(number, "group.extract", mapIndex: 3, state: .deferred)
        (task.tryNumber, task.maxTries, task.launchNumber) = (2, 5, 3)
        (task.lossCount, task.rescheduleCount) = (6, 9)
        task.scheduledAt = instant(1)
        task.queuedAt = instant(2)
        task.startDate = instant(3)
        task.endDate = instant(4)
        task.updatedAt = instant(5)
        task.nextLookAt = instant(6)
        task.operatorName = "BashOperator"
        (task.pool, task.poolSlots, task.priorityWeight, task.queue) = ("gpu", 4, -7, "fast")
        task.executor = "KubernetesExecutor"
        (task.hostname, task.unixname, task.pid, task.pidStartTime) = ("node-1", "airflow", 4711, 8_589_934_592)
        task.imageID = "docker.io/library/pipeline@sha256:23ce848933ea984323a23756957afc30"
        task.dagVersionID = id(77)
        (task.renderedMapIndex, task.note) = ("Straße 3", "checked")
        fillDeferral(&task)
        task.reason = "waits for a trigger"
        return task
    }

    private static func fillDeferral(_ task: inout TaskInstance) {
        task.nextMethod = "execute_complete"
        task.nextKwargs = ["event": ["n": 12_345_678_901_234]]
        task.triggerClass = "airflow.providers.standard.triggers.temporal.DateTimeTrigger"
        task.triggerKwargs = ["moment": 1.5]
        task.triggerTimeout = instant(7)
    }

    static func xcom(
        _ value: JSONValue, _ taskID: String = "extract", key: String = XCom.returnKey, run: RunKey = Sample.key(),
        mapIndex: Int = -1, at minute: Int = 0
    ) -> XCom {
        XCom(
            task: TaskInstanceKey(run: run, taskID: taskID, mapIndex: mapIndex), key: key, value: value,
            timestamp: instant(minute))
    }

    static func version(_ number: Int, dagID: String = "etl", id: Int? = nil) -> DAGVersion {
        DAGVersion(
            id: Sample.id(id ?? 500 + number), dagID: dagID, number: number, bundleName: "dags-folder",
            bundleVersion: number == 1 ? nil : "abc\(number)", hash: "hash\(number)",
            document: Array("{\"dag\":\(number),\"ü\":\"\\u0000\"}".utf8), createdAt: instant(number))
    }

    static func record(_ dagID: String, isPaused: Bool = false) -> DAGRecord {
        DAGRecord(
            dagID: dagID, isPaused: isPaused, bundleName: "dags-folder", relativeFileLocation: "sub/\(dagID).py",
            fileLocation: "/dags/sub/\(dagID).py")
    }
}

/// A store's epoch, taken for the check.
func lead(_ store: any PipelineStore) async throws -> Int64 {
    try await store.takeLeadership(holder: "conformance", at: Sample.noon)
}

/// Commits a running run and these tasks.
@discardableResult
func seed(
    _ store: any PipelineStore, _ run: DAGRun = Sample.run(), _ tasks: [TaskInstance] = []
) async throws -> Int64 {
    let epoch = try await lead(store)
    try await store.commit([.saveRun(run)] + tasks.map { .saveTask($0) }, epoch: epoch)
    return epoch
}
