/// Turns a wish for a run into the run, as Airflow's trigger does: parameters checked, data interval inferred,
/// identity unique. Source: Airflow 3.3 `api_fastapi/core_api/datamodels/dag_run.py`.
package struct RunFactory: Sendable {
    private let store: any RunStore
    private let dags: any DAGProvider
    private let wallClock: any WallClock

    package init(store: any RunStore, dags: any DAGProvider, wallClock: any WallClock) {
        self.store = store
        self.dags = dags
        self.wallClock = wallClock
    }

    /// The new run, not yet in the store: to be posted as ``SchedulerEvent/runCreated(_:)``.
    /// - Throws: ``TaskServiceError`` `not_found`, `dag_run_already_exists`, `invalid_conf`, `invalid_run_id`,
    ///   `run_type_not_allowed`, `invalid_partition_key`.
    package func makeRun(_ request: TriggerRequest) async throws -> RunSnapshot {
        guard let pinned = try await dags.latest(dagID: request.dagID) else {
            throw TaskServiceError(.notFound, reason: "not_found", "DAG '\(request.dagID)' was not found")
        }
        try check(request, against: pinned.dag)
        var run = try await identified(request, pinned)
        run.conf = request.conf
        run.note = request.note
        run.triggeringUser = request.triggeringUser
        run.partition = try await partition(request, pinned.dag)
        run.dagVersionID = pinned.versionID
        run.bundleVersion = pinned.bundleVersion
        try await refuseDuplicate(run)
        return try await RunSnapshotLoader(store: store).completed(RunSnapshot(run: run, dag: pinned.dag))
    }

    private func check(_ request: TriggerRequest, against dag: DAG) throws(TaskServiceError) {
        if let allowed = dag.header.allowedRunTypes, !allowed.contains(request.type) {
            let names = allowed.map(\.rawValue).joined(separator: ", ")
            throw TaskServiceError(
                .invalid, reason: "run_type_not_allowed",
                "DAG '\(dag.id)' allows runs of type \(names), not \(request.type.rawValue)")
        }
        if let runID = request.runID, !RunID.isValid(runID) {
            throw TaskServiceError(
                .invalid, reason: "invalid_run_id",
                "run id '\(runID)' may hold only letters, digits and _.~:+- (1 to \(RunID.maximumLength) characters)")
        }
        do {
            _ = try ParamsValidator.resolve(dag.header.params, conf: request.conf)
        } catch {
            throw TaskServiceError(.invalid, reason: "invalid_conf", "\(error)")
        }
    }

    private func identified(_ request: TriggerRequest, _ pinned: PinnedDAG) async throws -> DAGRun {
        let now = wallClock.now()
        let logicalDate: Timestamp? =
            switch request.logicalDate {
            case nil: now
            case .some(let given): given
            }
        let runAfter = request.runAfter ?? logicalDate ?? now
        let runID = request.runID ?? request.type.runID(runAfter: runAfter)
        var run = DAGRun(
            key: RunKey(dagID: request.dagID, runID: runID), type: request.type, runAfter: runAfter,
            triggeredBy: request.triggeredBy)
        run.logicalDate = logicalDate
        run.queuedAt = now
        if let logicalDate, let interval = try await dags.manualDataInterval(of: pinned.dag, at: logicalDate) {
            run.dataIntervalStart = interval.start
            run.dataIntervalEnd = interval.end
        }
        return run
    }

    private func partition(_ request: TriggerRequest, _ dag: DAG) async throws -> RunPartition? {
        guard let key = request.partitionKey else { return nil }
        do {
            try RunPartition.check(key)
            return try await dags.partition(of: dag, key: key)
        } catch let error as PartitionError {
            throw TaskServiceError(.invalid, reason: "invalid_partition_key", error.message)
        }
    }

    private func refuseDuplicate(_ run: DAGRun) async throws {
        if try await store.run(run.key) != nil {
            throw TaskServiceError(
                .conflict, reason: "dag_run_already_exists",
                "DAG '\(run.key.dagID)' already has a run with the id '\(run.key.runID)'")
        }
        guard let logicalDate = run.logicalDate else { return }
        var filter = RunFilter(dagID: run.key.dagID)
        filter.logicalDates = [logicalDate]
        if let other = try await store.runs(filter).first {
            throw TaskServiceError(
                .conflict, reason: "dag_run_already_exists",
                "DAG '\(run.key.dagID)' already has a run for \(logicalDate): '\(other.key.runID)'")
        }
    }
}

/// The form of run ids. Source: Airflow 3.3 `[core] allowed_run_id_pattern`, `models/dagrun.py`.
package enum RunID {
    package static let maximumLength = 250

    package static func isValid(_ text: String) -> Bool {
        let others = Set("_.~:+-".utf8)
        return (1...maximumLength).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    true
                default: others.contains(byte)
                }
            }
    }
}
