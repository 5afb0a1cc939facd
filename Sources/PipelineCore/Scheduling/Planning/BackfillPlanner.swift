/// Creates the runs of backfills, each as soon as its backfill has room for it, and notes when a backfill is done.
/// Source: Airflow 3.3 `models/backfill.py`, `jobs/scheduler_job_runner.py` (`_mark_backfills_complete`).
///
/// Airflow makes all runs when a backfill is created, and they stand in its queue. Here a date stays a row of
/// `backfill_dag_run` until its turn comes, so that a backfill of years weighs no more than its running runs.
package struct BackfillPlanner: RunPlanner {
    private struct Entry {
        var backfill: Backfill
        /// Dates without a run, by ordinal.
        var open: ArraySlice<BackfillRun>
        /// Dates whose run was wanted, by ordinal; what became of it comes back as a change.
        var asked: Set<Int> = []
    }

    private var entries: [Int: Entry] = [:]
    /// Unfinished runs of each backfill.
    private var activeRuns: [Int: Set<RunKey>] = [:]
    /// Whether each DAG of the folder is paused.
    private var dags: [String: Bool] = [:]
    /// Backfills that have ended here: a list that was read before may still hold them.
    private var ended: Set<Int> = []
    /// Backfills that may have room, or be done.
    private var touched: Set<Int> = []
    /// Runs that each backfill got in this turn.
    private var made: [Int: Int] = [:]
    /// Backfills that had as many runs as one turn may give them, and since when they wait for the next turn.
    private var postponed: Set<Int> = []
    private var postponedAt: Timestamp?

    package init() {}

    package mutating func plan(_ turn: PlanningTurn) -> RunPlan {
        if turn.isFirst { beginTurn() }
        var plan = RunPlan()
        for event in turn.events { take(event, at: turn.now, &plan) }
        for change in turn.changes { take(change) }
        let ids = touched.sorted()
        touched = []
        for id in ids { evaluate(id, at: turn.now, &plan) }
        return plan
    }

    /// A backfill whose runs end in the turn that makes them goes on in the next one, so that no commit grows with it.
    package var nextWake: Timestamp? { postponedAt }

    private mutating func beginTurn() {
        touched.formUnion(postponed)
        (postponed, postponedAt, made) = ([], nil, [:])
    }

    // MARK: - What has happened

    private mutating func take(_ event: SchedulerEvent, at now: Timestamp, _ plan: inout RunPlan) {
        switch event {
        case .backfillsChanged(let backfills): for backfill in backfills { set(backfill) }
        case .backfillCancelled(let id): cancel(id, at: now, &plan)
        case .schedulesChanged(let schedules): for schedule in schedules { setPaused(schedule.dagID, schedule.isPaused) }
        case .schedulesRemoved(let dagIDs): for dagID in dagIDs { dags[dagID] = nil }
        case .dagPaused(let dagID, let isPaused) where dags[dagID] != nil: setPaused(dagID, isPaused)
        case .runLoaded(let snapshot): note(snapshot.run)
        default: break
        }
    }

    private mutating func take(_ change: StoreChange) {
        switch change {
        case .saveRun(let run): note(run)
        case .setPaused(let dagID, let isPaused) where dags[dagID] != nil: setPaused(dagID, isPaused)
        case .saveBackfillRun(let date): settle(date)
        default: break
        }
    }

    /// What is known here of the dates of a backfill is newer than what was read.
    private mutating func set(_ open: OpenBackfill) {
        let id = open.backfill.id
        guard open.backfill.completedAt == nil, !ended.contains(id) else { return }
        if entries[id] == nil {
            entries[id] = Entry(backfill: open.backfill, open: open.openRuns.filter(\.isOpen)[...])
        } else {
            entries[id]?.backfill = open.backfill
        }
        touched.insert(id)
    }

    private mutating func cancel(_ id: Int, at now: Timestamp, _ plan: inout RunPlan) {
        guard entries[id] != nil else { return }
        finish(id, at: now, isCancelled: true, &plan)
    }

    private mutating func setPaused(_ dagID: String, _ isPaused: Bool) {
        guard dags.updateValue(isPaused, forKey: dagID) != isPaused, !isPaused else { return }
        for (id, entry) in entries where entry.backfill.dagID == dagID { touched.insert(id) }
    }

    private mutating func note(_ run: DAGRun) {
        guard let id = run.backfillID else { return }
        if !run.state.isFinished {
            activeRuns[id, default: []].insert(run.key)
        } else {
            activeRuns[id]?.remove(run.key)
            if activeRuns[id]?.isEmpty == true { activeRuns[id] = nil }
            touched.insert(id)
        }
    }

    private mutating func settle(_ date: BackfillRun) {
        entries[date.backfillID]?.asked.remove(date.sortOrdinal)
        touched.insert(date.backfillID)
    }

    // MARK: - What is next

    private mutating func evaluate(_ id: Int, at now: Timestamp, _ plan: inout RunPlan) {
        guard let entry = entries[id] else { return }
        let active = activeRuns[id]?.count ?? 0
        if entry.open.isEmpty, entry.asked.isEmpty, active == 0 {
            return finish(id, at: now, isCancelled: false, &plan)
        }
        guard !entry.backfill.isPaused, dags[entry.backfill.dagID] == false, !entry.open.isEmpty else { return }
        let limit = entry.backfill.maxActiveRuns
        let room = limit - active - entry.asked.count
        let share = limit - (made[id] ?? 0)
        if room > 0, share <= 0 {
            postponed.insert(id)
            postponedAt = now
        }
        for _ in 0..<max(0, min(room, share, entry.open.count)) { ask(id, at: now, &plan) }
    }

    private mutating func ask(_ id: Int, at now: Timestamp, _ plan: inout RunPlan) {
        guard let date = entries[id]?.open.popFirst(), let backfill = entries[id]?.backfill else { return }
        entries[id]?.asked.insert(date.sortOrdinal)
        made[id, default: 0] += 1
        plan.runs.append(PlannedRun(BackfillStep(backfill: backfill, date: date), at: now))
    }

    private mutating func finish(_ id: Int, at now: Timestamp, isCancelled: Bool, _ plan: inout RunPlan) {
        entries[id] = nil
        ended.insert(id)
        plan.changes.append(.finishBackfill(id: id, at: now, isCancelled: isCancelled))
    }
}
