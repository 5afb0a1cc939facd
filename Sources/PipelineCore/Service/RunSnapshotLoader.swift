/// Reads from the store what the state machine has to know of a run beside the run itself.
package struct RunSnapshotLoader: Sendable {
    private let store: any RunStore

    package init(store: any RunStore) { self.store = store }

    /// A run that the store holds, with its task instances and the XComs that decide expansions and skips.
    package func load(_ run: DAGRun, dag: DAG, xcoms: any XComStore) async throws -> RunSnapshot {
        var snapshot = RunSnapshot(run: run, dag: dag)
        snapshot.taskInstances = try await store.taskInstances(TaskFilter(run: run.key))
        snapshot.xcoms = try await Self.notices(run.key, xcoms)
        return try await completed(snapshot)
    }

    /// The XComs of a run that decide expansions and skips.
    package static func notices(
        _ run: RunKey, _ xcoms: any XComStore
    ) async throws -> [(task: TaskInstanceKey, notice: XComNotice)] {
        try await xcoms.xcoms(run: run, taskIDs: nil, key: nil).compactMap { xcom in
            XComNotice(of: xcom).map { (xcom.task, $0) }
        }
    }

    /// The snapshot with what earlier runs of the DAG contribute.
    package func completed(_ snapshot: RunSnapshot) async throws -> RunSnapshot {
        var result = snapshot
        result.previousRun = try await previousRun(of: snapshot)
        if snapshot.dag.header.maxConsecutiveFailedRuns > 0 {
            result.consecutiveFailures = try await consecutiveFailures(of: snapshot)
        }
        return result
    }

    /// `catchup` DAGs look at scheduled runs only. Source: Airflow 3.3 `ti_deps/deps/prev_dagrun_dep.py`.
    private func previousRun(of snapshot: RunSnapshot) async throws -> RunSnapshot.PreviousRun? {
        let asks = snapshot.dag.tasks.contains { $0.dependsOnPast || $0.waitForDownstream }
        guard asks, let logicalDate = snapshot.run.logicalDate else { return nil }
        var filter = RunFilter(dagID: snapshot.dag.id, limit: 1)
        filter.logicalDateTo = logicalDate - .microseconds(1)
        if snapshot.dag.header.catchup { filter.types = [.scheduled, .backfill, .assetTriggered] }
        guard let previous = try await store.runs(filter).first else { return nil }
        let instances = try await store.taskInstances(TaskFilter(run: previous.key))
        return RunSnapshot.PreviousRun(
            key: previous.key, states: Dictionary(grouping: instances, by: \.taskID).mapValues { $0.map(\.state) })
    }

    private func consecutiveFailures(of snapshot: RunSnapshot) async throws -> Int {
        let bound = snapshot.dag.header.maxConsecutiveFailedRuns
        let filter = RunFilter(dagID: snapshot.dag.id, states: [.success, .failed], limit: bound)
        return try await store.runs(filter).prefix { $0.state == .failed }.count
    }
}

extension XComNotice {
    /// What the machine has to know of a stored XCom; `nil` for values that decide nothing.
    package init?(of xcom: XCom) {
        if xcom.key == XCom.skipMixinKey {
            self.init(key: xcom.key, mappedLength: nil, skipDecision: SkipDecision(xcom.value))
        } else if xcom.key == XCom.returnKey || xcom.mappedLength != nil {
            self.init(key: xcom.key, mappedLength: xcom.mappedLength, isNull: xcom.value.isNull)
        } else {
            return nil
        }
    }
}
