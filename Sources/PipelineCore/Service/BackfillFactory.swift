/// Turns a wish for a backfill into its rows, as Airflow does: the DAG and the range are checked, the dates worked out, and
/// runs that are there already noted. Source: Airflow 3.3 `models/backfill.py` (`_create_backfill`, `_do_dry_run`).
package struct BackfillFactory: Sendable {
    /// Dates that one backfill may have; Airflow has no bound.
    package static let maximumRuns = 100_000

    /// The run of a timetable after a data interval.
    package typealias NextRun = @Sendable (DAG, DataInterval?, TimeRestriction) async throws -> ScheduledRun?

    private let store: any RunStore & BackfillStore
    private let dags: any DAGProvider
    private let wallClock: any WallClock
    private let nextRun: NextRun

    package init(
        store: any RunStore & BackfillStore, dags: any DAGProvider, wallClock: any WallClock,
        nextRun: @escaping NextRun
    ) {
        self.store = store
        self.dags = dags
        self.wallClock = wallClock
        self.nextRun = nextRun
    }

    /// Writes the backfill; a scheduler carries it out.
    /// - Throws: ``BackfillError``, ``StoreError``.
    package func create(_ request: BackfillRequest) async throws -> Backfill {
        let (backfill, runs) = try await plan(request)
        do {
            return try await store.createBackfill(backfill, runs: runs)
        } catch let error as StoreError where error.code == .conflict {
            throw Self.alreadyRunning(request.dagID)
        }
    }

    /// What ``create(_:)`` would write.
    package func plan(_ request: BackfillRequest) async throws -> (Backfill, [BackfillRun]) {
        guard let pinned = try await dags.latest(dagID: request.dagID) else {
            throw BackfillError(.dagNotFound, "DAG '\(request.dagID)' was not found")
        }
        try Self.check(pinned.dag)
        var filter = BackfillFilter()
        (filter.dagID, filter.isOpen) = (request.dagID, true)
        guard try await store.backfills(filter).isEmpty else { throw Self.alreadyRunning(request.dagID) }
        return try await plan(request, pinned)
    }

    /// The dates that would get a run, in their order; a backfill that is under way is not looked at.
    package func dryRun(_ request: BackfillRequest) async throws -> [BackfillRun] {
        guard let pinned = try await dags.latest(dagID: request.dagID) else {
            throw BackfillError(.dagNotFound, "DAG '\(request.dagID)' was not found")
        }
        try Self.check(pinned.dag)
        try Self.check(request, pinned.dag, now: wallClock.now())
        let dates = try await dates(request, pinned.dag)
        return try await runs(dates, request).filter { $0.exceptionReason == nil }
    }

    private func plan(_ request: BackfillRequest, _ pinned: PinnedDAG) async throws -> (Backfill, [BackfillRun]) {
        let now = wallClock.now()
        try Self.check(request, pinned.dag, now: now)
        let dates = try await dates(request, pinned.dag)
        guard !dates.isEmpty else {
            throw BackfillError(
                .noRuns,
                "no runs to create for DAG '\(request.dagID)' in the range [\(request.fromDate), \(request.toDate)]")
        }
        var backfill = Backfill(
            dagID: request.dagID, fromDate: request.fromDate, toDate: request.toDate, createdAt: now)
        backfill.conf = request.conf
        backfill.reprocessBehavior = request.reprocessBehavior ?? .none
        backfill.maxActiveRuns = request.maxActiveRuns
        backfill.runOnLatestVersion = request.runOnLatestVersion
        backfill.dagVersionID = pinned.versionID
        backfill.triggeringUser = request.triggeringUser
        return (backfill, try await runs(dates, request))
    }

    /// Source: Airflow 3.3 `serialization/definitions/dag.py` (`iter_dagrun_infos_between`): with catchup, whatever the DAG
    /// says, and without what is not over yet.
    private func dates(_ request: BackfillRequest, _ dag: DAG) async throws -> [ScheduledRun] {
        let restriction = TimeRestriction(earliest: request.fromDate, latest: request.toDate, catchup: true)
        let now = wallClock.now()
        var dates: [ScheduledRun] = []
        var last: DataInterval?
        while let next = try await nextRun(dag, last, restriction) {
            if let last, next.dataInterval.end <= last.end { break }
            last = next.dataInterval
            if next.dataInterval.end < now { dates.append(next) }
            guard dates.count <= Self.maximumRuns else {
                throw BackfillError(
                    .tooManyRuns,
                    "the range [\(request.fromDate), \(request.toDate)] holds more than \(Self.maximumRuns) runs of DAG "
                        + "'\(request.dagID)'; make several backfills, one after the other")
            }
            // Nothing later can be over.
            if next.dataInterval.end >= now { break }
        }
        return request.runBackwards ? dates.reversed() : dates
    }

    private func runs(_ dates: [ScheduledRun], _ request: BackfillRequest) async throws -> [BackfillRun] {
        var filter = RunFilter(dagID: request.dagID)
        filter.logicalDateFrom = dates.map(\.logicalDate).min()
        filter.logicalDateTo = dates.map(\.logicalDate).max()
        let existing = dates.isEmpty ? [] : try await store.runs(filter)
        let byDate = Dictionary(existing.map { ($0.logicalDate, $0) }) { first, _ in first }
        return dates.enumerated().map { index, date in
            var run = BackfillRun(sortOrdinal: index + 1, scheduled: date)
            run.exceptionReason = byDate[date.logicalDate].flatMap { (request.reprocessBehavior ?? .none).refusal(of: $0) }
            return run
        }
    }
}

extension BackfillFactory {
    private static func alreadyRunning(_ dagID: String) -> BackfillError {
        BackfillError(
            .alreadyRunning,
            "another backfill of DAG '\(dagID)' is not completed; there can be only one at a time "
                + "(pipeline backfill list --dag-id \(dagID))")
    }

    private static func check(_ dag: DAG) throws(BackfillError) {
        guard dag.header.timetable.takesPartitionKeys != true else {
            throw BackfillError(.partitioned, "DAG '\(dag.id)' is partitioned; backfills of partitions are not supported yet")
        }
        guard dag.header.timetable.isPeriodic else {
            throw BackfillError(
                .nonPeriodicSchedule, "DAG '\(dag.id)' has a non-periodic schedule that does not support backfills")
        }
        guard dag.header.allowedRunTypes?.contains(.backfill) ?? true else {
            throw BackfillError(.runTypeNotAllowed, "DAG '\(dag.id)' does not allow backfill runs")
        }
    }

    /// Source: Airflow 3.3 `models/backfill.py` (`_validate_backfill_params`).
    private static func check(
        _ request: BackfillRequest, _ dag: DAG, now: Timestamp
    ) throws(BackfillError) {
        guard request.fromDate <= request.toDate else {
            throw BackfillError(.dateRange, "from_date (\(request.fromDate)) must not be after to_date (\(request.toDate))")
        }
        guard request.fromDate < now else {
            throw BackfillError(.futureDate, "a backfill cannot be executed for future dates")
        }
        try checkPast(request, dag)
        guard let conf = request.conf else { return }
        do {
            _ = try ParamsValidator.resolve(dag.header.params, conf: conf)
        } catch {
            throw BackfillError(.conf, "\(error)")
        }
    }

    private static func checkPast(_ request: BackfillRequest, _ dag: DAG) throws(BackfillError) {
        guard let task = dag.tasks.first(where: \.dependsOnPast) else { return }
        let about = "task '\(task.id)' of DAG '\(dag.id)' has depends_on_past=True"
        guard !request.runBackwards else {
            throw BackfillError(.direction, "a backfill cannot run backwards: \(about)")
        }
        guard let behavior = request.reprocessBehavior, behavior != .none else {
            throw BackfillError(
                .reprocessBehavior, "\(about): set the reprocess behavior to completed or failed (--reprocess-behavior)")
        }
    }
}
