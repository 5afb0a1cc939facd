package import PipelineCore

extension InMemoryStore {
    package func countRemovable(_ rule: RetentionRule) async throws -> [String: Int] {
        withCore { core in
            var copy = core
            return copy.clean(rule, archive: nil).counts
        }
    }

    package func clean(
        _ rule: RetentionRule, archive: String?, removed: @Sendable ([RunKey]) async throws -> Void
    ) async throws -> [String: Int] {
        let (counts, runs) = withCore { $0.clean(rule, archive: archive) }
        if !runs.isEmpty { try await removed(runs) }
        return counts
    }

    package func archivedTables() async throws -> [String] { withCore { $0.archives.keys.sorted() } }

    package func readArchive(
        _ table: String, _ receive: @escaping @Sendable ([String], [String?]) throws -> Void
    ) async throws {
        guard let rows = withCore({ $0.archives[table] }) else { throw Self.noArchive(table) }
        for row in rows { try receive(["dag_id", "run_id"], row) }
    }

    package func dropArchive(_ table: String) async throws {
        guard RetentionRule.source(ofArchive: table) != nil else { throw Self.noArchive(table) }
        withCore { $0.archives[table] = nil }
    }

    private static func noArchive(_ table: String) -> StoreError {
        StoreError(.notFound, "there is no archived table '\(table)'", location: "memory")
    }
}

extension InMemoryStoreCore {
    /// One step instead of batches. Archived rows are known by their DAG and run alone.
    mutating func clean(_ rule: RetentionRule, archive: String?) -> (counts: [String: Int], runs: [RunKey]) {
        var removed = Dictionary(uniqueKeysWithValues: rule.effectiveTables.map { ($0, [[String?]]()) })
        var gone: [RunKey] = []
        for run in removableRuns(rule) {
            for table in rule.effectiveTables where RetentionTable.ofRuns.contains(table) {
                let rows = [[String?]](repeating: [run.key.dagID, run.key.runID], count: removeRows(table, of: run.key))
                removed[table, default: []] += rows
            }
            if runs[run.key] == nil { gone.append(run.key) }
        }
        cleanOthers(rule, &removed)
        if let archive {
            for (table, rows) in removed where !rows.isEmpty { archives[RetentionRule.archiveName(of: table, archive)] = rows }
        }
        return (Dictionary(uniqueKeysWithValues: removed.map { ($0.key.rawValue, $0.value.count) }), gone)
    }

    private func removableRuns(_ rule: RetentionRule) -> [DAGRun] {
        let kept = keptRuns
        return runs.values.filter { run in
            run.state.isFinished && !kept.contains(run.key) && rule.covers(run.key.dagID)
                && (run.startDate ?? run.endDate).map { $0 < rule.before } ?? false
        }.sorted { $0.key < $1.key }
    }

    private var keptRuns: Set<RunKey> {
        var kept: Set<RunKey> = []
        for runs in Dictionary(grouping: runs.values, by: \.key.dagID).values {
            keep(runs.filter { $0.type != .manual }.map { ($0.key, $0.startDate) }, among: runs, by: \.startDate, &kept)
            let automated = runs.filter { [.scheduled, .backfill].contains($0.type) }
            keep(automated.map { ($0.key, $0.logicalDate) }, among: runs, by: \.logicalDate, &kept)
            let byAssets = runs.filter { $0.type == .assetTriggered }
            keep(byAssets.map { ($0.key, $0.runAfter) }, among: byAssets, by: { $0.runAfter }, &kept)
        }
        return kept
    }

    private func keep(
        _ candidates: [(RunKey, Timestamp?)], among runs: [DAGRun], by instant: (DAGRun) -> Timestamp?,
        _ kept: inout Set<RunKey>
    ) {
        guard let last = candidates.compactMap(\.1).max() else { return }
        kept.formUnion(runs.filter { instant($0) == last }.map(\.key))
    }

    private mutating func cleanOthers(_ rule: RetentionRule, _ removed: inout [RetentionTable: [[String?]]]) {
        if rule.tables.contains(.assetEvent) {
            for event in oldEvents(rule) {
                removed[.assetEvent, default: []].append([event.source?.run.dagID, event.source?.run.runID])
                events.removeAll { $0.id == event.id }
                for run in consumedEvents.keys { consumedEvents[run]?.remove(event.id) }
            }
        }
        if rule.tables.contains(.backfill) {
            for backfill in backfillRows.values.filter({ isRemovable($0, rule) }) {
                removed[.backfill, default: []].append([backfill.dagID, nil])
                let dates = backfillDates.removeValue(forKey: backfill.id) ?? []
                removed[.backfillRun, default: []] += dates.map { [backfill.dagID, $0.runID] }
                backfillRows[backfill.id] = nil
            }
        }
        if rule.tables.contains(.dagVersion) {
            for (dagID, known) in versions where rule.covers(dagID) {
                let old = known.dropLast().filter { $0.createdAt < rule.before && !isPinned($0.id) }
                removed[.dagVersion, default: []] += old.map { _ in [dagID, nil] }
                versions[dagID] = known.filter { version in !old.contains { $0.id == version.id } }
            }
        }
    }

    private func oldEvents(_ rule: RetentionRule) -> [AssetEvent] {
        events.filter { event in
            event.timestamp < rule.before && registrations[event.id] != nil && rule.covers(event.source?.run.dagID)
                && !assetQueue.queued.contains { $0.asset == event.asset }
                && !partitionQueue.arrivals.contains { $0.event == .id(event.id) }
                && !partitionQueue.questions.contains { $0.event == .id(event.id) }
                && !consumedEvents.contains { $0.value.contains(event.id) && runs[$0.key]?.state.isFinished == false }
        }
    }

    private func isRemovable(_ backfill: Backfill, _ rule: RetentionRule) -> Bool {
        backfill.completedAt.map { $0 < rule.before } ?? false && rule.covers(backfill.dagID)
            && !runs.values.contains { $0.backfillID == backfill.id }
    }

    private func isPinned(_ version: UUID7) -> Bool {
        runs.values.contains { $0.dagVersionID == version }
            || tasks.values.contains { $0.values.contains { $0.dagVersionID == version } }
            || histories.values.contains { $0.contains { $0.dagVersionID == version } }
            || backfillRows.values.contains { $0.dagVersionID == version && $0.completedAt == nil }
    }
}
