package import PipelineCore

extension InMemoryStoreCore {
    /// A note stays as ``setNote(_:run:)`` left it: the scheduler's copy of the run may be older.
    mutating func save(_ run: DAGRun) {
        var row = run
        if let known = runs[run.key] { row.note = known.note }
        runs[run.key] = row
    }

    /// Newest first by `run_after`, then run id.
    package func runs(_ filter: RunFilter) -> [DAGRun] {
        let found = runs.values.filter { Self.matches($0, filter) }
            .sorted { ($0.runAfter, $0.key.runID, $0.key.dagID) > ($1.runAfter, $1.key.runID, $1.key.dagID) }
        return Array(found.dropFirst(filter.offset).prefix(filter.limit ?? .max))
    }

    func countRuns(_ filter: RunFilter) -> Int { runs.values.count { Self.matches($0, filter) } }

    package var lastAutomatedRuns: [DAGRun] {
        let automated = runs.values.filter { [.scheduled, .backfill].contains($0.type) && $0.logicalDate != nil }
        return Dictionary(grouping: automated, by: \.key.dagID).values.compactMap { runs in
            runs.max { ($0.logicalDate ?? .distantPast) < ($1.logicalDate ?? .distantPast) }
        }.filter { dags[$0.key.dagID] != nil }.sorted { $0.key < $1.key }
    }

    package func previousRun(dagID: String, before logicalDate: Timestamp, states: [RunState]) -> DAGRun? {
        runs.values
            .filter { $0.key.dagID == dagID && (states.isEmpty || states.contains($0.state)) }
            .filter { run in run.logicalDate.map { $0 < logicalDate } ?? false }
            .max { ($0.logicalDate!, $0.key.runID) < ($1.logicalDate!, $1.key.runID) }
    }

    private static func matches(_ run: DAGRun, _ filter: RunFilter) -> Bool {
        func within<Value: Equatable>(_ values: [Value], _ value: Value?) -> Bool {
            values.isEmpty || value.map(values.contains) ?? false
        }
        return within(filter.dagID.map { [$0] } ?? [], run.key.dagID) && within(filter.runIDs, run.key.runID)
            && within(filter.states, run.state) && within(filter.types, run.type)
            && within(filter.logicalDates, run.logicalDate)
            && (filter.logicalDateFrom.map { from in run.logicalDate.map { $0 >= from } ?? false } ?? true)
            && (filter.logicalDateTo.map { to in run.logicalDate.map { $0 <= to } ?? false } ?? true)
    }

    package mutating func setNote(_ note: String?, run: RunKey) throws(StoreError) {
        guard runs[run] != nil else { throw Self.missing(run) }
        runs[run]?.note = note
    }

    package mutating func deleteRun(_ key: RunKey) throws(StoreError) -> Bool {
        guard let run = runs[key] else { return false }
        guard run.state.isFinished else {
            throw StoreError(
                .conflict, "run \(key) is \(run.state.rawValue); cancel it before deleting it", location: "memory")
        }
        _ = remove(key)
        return true
    }

    mutating func clean(before instant: Timestamp, dryRun: Bool) -> [String: Int] {
        var copy = self
        var counts = Dictionary(uniqueKeysWithValues: Self.runTables.map { ($0, 0) })
        for run in runs.values where run.state.isFinished && run.endDate.map({ $0 < instant }) ?? false {
            counts.merge(copy.remove(run.key), uniquingKeysWith: +)
        }
        if !dryRun { self = copy }
        return counts
    }

    /// The tables whose rows belong to a run.
    static let runTables = [
        "dag_run", "task_instance", "task_instance_history", "task_reschedule", "xcom",
        "rendered_task_instance_fields", "task_state_store", "tracked_metric", "tracked_param", "tracked_artifact",
        "dag_run_asset_event", "hitl_detail", "callback", "deadline",
    ]

    private mutating func remove(_ key: RunKey) -> [String: Int] {
        var counts = ["dag_run": 1]
        let live = tasks.removeValue(forKey: key).map { Array($0.values) } ?? []
        let archived = histories.filter { $0.key.run == key }
        for task in live {
            tryIDs[task.key] = nil
            keys[task.id] = nil
        }
        counts["task_instance"] = live.count
        counts["task_instance_history"] = archived.values.reduce(0) { $0 + $1.count }
        for id in Set(live.map(\.id) + archived.values.joined().map(\.id)) {
            counts["task_reschedule", default: 0] += pokes.removeValue(forKey: id)?.count ?? 0
        }
        counts["xcom"] = xcoms.filter { $0.key.run == key }.values.reduce(0) { $0 + $1.count }
        counts["rendered_task_instance_fields"] = renderedFields.keys.count { $0.run == key }
        counts["task_state_store"] = state.reduce(0) { $0 + ($1.key.run == key ? $1.value.count : 0) }
        counts["dag_run_asset_event"] = consumedEvents.removeValue(forKey: key)?.count ?? 0
        counts["hitl_detail"] = hitlDetails.values.count { $0.task.run == key }
        counts["callback"] = callbacks.values.count { $0.run == key }
        counts["deadline"] = deadlines.values.count { $0.run == key }
        counts.merge(tracking.remove(key)) { $1 }
        forget(key, archived: Array(archived.keys))
        return counts
    }

    private mutating func forget(_ key: RunKey, archived: [TaskInstanceKey]) {
        runs[key] = nil
        for task in archived { histories[task] = nil }
        xcoms = xcoms.filter { $0.key.run != key }
        renderedFields = renderedFields.filter { $0.key.run != key }
        state = state.filter { $0.key.run != key }
        hitlDetails = hitlDetails.filter { $0.value.task.run != key }
        callbacks = callbacks.filter { $0.value.run != key }
        deadlines = deadlines.filter { $0.value.run != key }
    }
}

extension InMemoryStoreCore.StateOwner {
    var run: RunKey? {
        if case .task(let key) = self { key.run } else { nil }
    }
}
