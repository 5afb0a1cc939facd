/// Checks the invariants of a store, live or not: what is found names rows. Rows are read in the state of one moment each, so
/// what is suspicious is looked at a second time before it is reported.
package struct StoreAudit: Sendable {
    private let store: any RunStore & SettingsStore & DAGStore & BackfillStore
    private let clock: any Clock<Duration>

    /// Runs that one page holds.
    private static let pageSize = 500
    /// After which a change that was under way must be seen.
    private static let settling = Duration.seconds(1)

    package init(store: any RunStore & SettingsStore & DAGStore & BackfillStore, clock: any Clock<Duration>) {
        self.store = store
        self.clock = clock
    }

    /// - Parameter isFull: all runs; else those that are not finished, and tries that are not.
    package func run(isFull: Bool) async throws -> [AuditFinding] {
        let first = try await look(isFull: isFull)
        guard !first.isEmpty else { return [] }
        try await clock.sleep(for: Self.settling)
        let second = Set(try await look(isFull: isFull))
        return first.filter(second.contains)
    }

    private func look(isFull: Bool) async throws -> [AuditFinding] {
        try await runs(isFull) + strays() + pools() + versions() + backfills(isFull)
    }

    private func runs(_ isFull: Bool) async throws -> [AuditFinding] {
        var findings: [AuditFinding] = []
        var filter = RunFilter(dagID: nil, states: isFull ? [] : [.queued, .running], limit: Self.pageSize)
        var dates: [LogicalDate: RunKey] = [:]
        while true {
            let page = try await store.runs(filter)
            for run in page {
                findings += RunAudit.findings(run, try await store.taskInstances(TaskFilter(run: run.key)))
                findings += Self.sameDate(run, &dates)
            }
            guard page.count == Self.pageSize else { return findings }
            filter.offset += page.count
        }
    }

    private struct LogicalDate: Hashable {
        let dagID: String
        let date: Timestamp
    }

    /// A scheduled instant gives one run.
    private static func sameDate(_ run: DAGRun, _ dates: inout [LogicalDate: RunKey]) -> [AuditFinding] {
        guard let date = run.logicalDate else { return [] }
        let place = LogicalDate(dagID: run.key.dagID, date: date)
        // A run that comes in between two pages puts the last of the one on the other too.
        guard let other = dates.updateValue(run.key, forKey: place), other != run.key else { return [] }
        return [AuditFinding("two_runs_of_one_date", "dag_run \(run.key)", "has the logical date of \(other.runID), \(date)")]
    }

    /// Tries that are not finished belong to runs that are not.
    private func strays() async throws -> [AuditFinding] {
        var filter = TaskFilter()
        filter.states = [.scheduled, .queued, .running, .restarting, .deferred, .awaitingInput]
        var states: [RunKey: RunState?] = [:]
        var findings: [AuditFinding] = []
        for task in try await store.taskInstances(filter) {
            if states[task.key.run] == nil { states[task.key.run] = .some(try await store.run(task.key.run)?.state) }
            guard let state = states[task.key.run] ?? nil, state.isFinished else { continue }
            findings.append(AuditFinding(
                "task_of_finished_run", "task_instance \(task.key) (\(task.id))",
                "is \(task.state?.rawValue ?? "none") though its run is \(state.rawValue)"))
        }
        return findings
    }

    /// Slots in use are at most those that there are; fewer may be set while tasks run.
    private func pools() async throws -> [AuditFinding] {
        var filter = TaskFilter()
        filter.states = [.queued, .running, .restarting, .deferred]
        let tasks = try await store.taskInstances(filter)
        return try await store.pools().compactMap { pool in
            guard pool.slots >= 0 else { return nil }
            let used = tasks.filter { $0.pool == pool.name && ($0.state != .deferred || pool.includeDeferred) }
                .reduce(0) { $0 + $1.poolSlots }
            guard used > pool.slots else { return nil }
            return AuditFinding(
                "pool_overfull", "slot_pool \(pool.name)",
                "has \(pool.slots) slots and \(used) in use; that is right only just after slots were taken away")
        }
    }

    private func backfills(_ isFull: Bool) async throws -> [AuditFinding] {
        let all = try await store.backfills(BackfillFilter())
        var findings = try await orphans(Set(all.map(\.id)), isFull)
        for backfill in all where isFull || backfill.completedAt == nil {
            let dates = try await store.backfillRuns(id: backfill.id)
            findings += BackfillAudit.findings(backfill, dates, try await runs(of: backfill, dates))
        }
        return findings
    }

    private func runs(of backfill: Backfill, _ dates: [BackfillRun]) async throws -> [DAGRun] {
        var filter = RunFilter(dagID: backfill.dagID)
        filter.types = [.backfill]
        (filter.logicalDateFrom, filter.logicalDateTo) = (
            dates.map(\.scheduled.logicalDate).min(), dates.map(\.scheduled.logicalDate).max()
        )
        return try await store.runs(filter)
    }

    /// Runs of backfills that are not there.
    private func orphans(_ known: Set<Int>, _ isFull: Bool) async throws -> [AuditFinding] {
        var filter = RunFilter(dagID: nil, states: isFull ? [] : [.queued, .running], limit: Self.pageSize)
        filter.types = [.backfill]
        var findings: [AuditFinding] = []
        while true {
            let page = try await store.runs(filter)
            for run in page {
                guard let id = run.backfillID, !known.contains(id) else { continue }
                let text = "belongs to backfill \(id), which is not in the store"
                findings.append(AuditFinding("unknown_backfill", "dag_run \(run.key)", text))
            }
            guard page.count == Self.pageSize else { return findings }
            filter.offset += page.count
        }
    }

    private func versions() async throws -> [AuditFinding] {
        let latest = Set(try await store.latestDAGVersions().map(\.id))
        return try await store.dagRecords().compactMap { record in
            guard let id = record.latestVersionID, !latest.contains(id) else { return nil }
            return AuditFinding("latest_version", "dag \(record.dagID)", "names version \(id) as its latest, which it is not")
        }
    }
}
