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

    private mutating func remove(_ key: RunKey) -> [String: Int] {
        var counts: [String: Int] = [:]
        for table in RetentionTable.allCases where RetentionTable.ofRuns.contains(table) {
            counts[table.rawValue] = removeRows(table, of: key)
        }
        return counts
    }

    /// Removes what a table holds of a run; how many rows that were.
    mutating func removeRows(_ table: RetentionTable, of key: RunKey) -> Int {
        switch table {
        case .taskReschedule: removePokes(key)
        case .taskInstanceHistory: removeHistory(key)
        case .xcom: Self.removeAll(&xcoms, of: key) { $0.count }
        case .renderedFields: Self.removeAll(&renderedFields, of: key) { _ in 1 }
        case .taskStateStore: removeState(key)
        case .hitlDetail: removeQuestions(key)
        case .taskInstance: removeTasks(key)
        case .trackedMetric: tracking.removeMetrics(key)
        case .trackedParam: tracking.removeParams(key)
        case .trackedArtifact: tracking.removeArtifacts(key)
        case .dagRunAssetEvent: consumedEvents.removeValue(forKey: key)?.count ?? 0
        case .callback: removeCallbacks(key)
        case .deadline: removeDeadlines(key)
        case .dagRun: runs.removeValue(forKey: key) == nil ? 0 : 1
        case .assetEvent, .backfill, .backfillRun, .dagVersion: 0
        }
    }

    private static func removeAll<Value>(
        _ rows: inout [TaskInstanceKey: Value], of run: RunKey, count: (Value) -> Int
    ) -> Int {
        let own = rows.filter { $0.key.run == run }
        for key in own.keys { rows[key] = nil }
        return own.values.reduce(0) { $0 + count($1) }
    }

    private mutating func removePokes(_ key: RunKey) -> Int {
        let tries = (tasks[key].map { Array($0.keys) } ?? []) + histories.filter { $0.key.run == key }.values.joined().map(\.id)
        return Set(tries).reduce(0) { $0 + (pokes.removeValue(forKey: $1)?.count ?? 0) }
    }

    private mutating func removeHistory(_ key: RunKey) -> Int {
        let own = histories.filter { $0.key.run == key }
        for task in own.keys { histories[task] = nil }
        return own.values.reduce(0) { $0 + $1.count }
    }

    private mutating func removeState(_ key: RunKey) -> Int {
        let own = state.filter { $0.key.run == key }
        for owner in own.keys { state[owner] = nil }
        return own.values.reduce(0) { $0 + $1.count }
    }

    private mutating func removeQuestions(_ key: RunKey) -> Int {
        let own = hitlDetails.filter { $0.value.task.run == key }
        for id in own.keys { hitlDetails[id] = nil }
        return own.count
    }

    private mutating func removeTasks(_ key: RunKey) -> Int {
        let live = tasks.removeValue(forKey: key).map { Array($0.values) } ?? []
        for task in live {
            tryIDs[task.key] = nil
            keys[task.id] = nil
        }
        return live.count
    }
}

extension InMemoryStoreCore.StateOwner {
    var run: RunKey? {
        if case .task(let key) = self { key.run } else { nil }
    }
}
