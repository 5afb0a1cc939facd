/// Creates runs whose time has come. Source: Airflow 3.3 `jobs/scheduler_job_runner.py` (`_create_dag_runs`),
/// `models/dag.py` (`calculate_dagrun_date_fields`).
package struct TimePlanner: RunPlanner {
    private struct Entry {
        var schedule: DAGSchedule
        /// The run that the timer in force is for.
        var next: ScheduledRun?
        /// Of the timer or the question in force.
        var number = 0
        /// Its next run is to be worked out.
        var isWoken = false
    }

    private var entries: [String: Entry] = [:]
    private var pauses = ToldPauses()
    /// Unfinished runs of each DAG but those of backfills, which have limits of their own.
    private var activeRuns: [String: Set<String>] = [:]
    private var timers = BinaryHeap<DueRun>()
    private var woken: [String] = []
    private var lastNumber = 0

    package init() {}

    package mutating func plan(_ turn: PlanningTurn) -> RunPlan {
        for event in turn.events { take(event) }
        for change in turn.changes { take(change) }
        var plan = RunPlan()
        evaluate(at: turn.now, &plan)
        while let timer = timers.first, timer.at <= turn.now {
            timers.removeFirst()
            if let run = due(timer, at: turn.now) { plan.runs.append(run) }
        }
        dropStaleTimers()
        return plan
    }

    package var nextWake: Timestamp? { timers.first?.at }

    /// When the DAG's next run is due, as far as it is known.
    package func nextRun(_ dagID: String) -> ScheduledRun? { entries[dagID]?.next }

    // MARK: - What has happened

    private mutating func take(_ event: SchedulerEvent) {
        switch event {
        case .schedulesChanged(let schedules): for schedule in schedules { set(schedule) }
        case .schedulesRemoved(let dagIDs): for dagID in dagIDs { entries[dagID] = nil }
        case .dagPaused(let dagID, let isPaused): pause(dagID, isPaused)
        case .runLoaded(let snapshot): note(snapshot.run)
        case .nextRunKnown(let question, let run): answer(question, run)
        default: break
        }
    }

    private mutating func take(_ change: StoreChange) {
        switch change {
        case .saveRun(let run): note(run)
        case .setPaused(let dagID, let isPaused): pause(dagID, isPaused)
        default: break
        }
    }

    private mutating func set(_ schedule: DAGSchedule) {
        var new = schedule
        new.isPaused = pauses.isPaused(schedule)
        // The last run that is known here may not be in what was read.
        if let known = entries[schedule.dagID]?.schedule, let last = known.last,
            known.isPartitionedByTime == schedule.isPartitionedByTime
        {
            new.last = later(last, schedule.last)
        }
        entries[schedule.dagID] = Entry(schedule: new)
        wake(schedule.dagID)
    }

    private func later(_ left: DataInterval, _ right: DataInterval?) -> DataInterval {
        guard let right else { return left }
        return left.start < right.start ? right : left
    }

    private mutating func pause(_ dagID: String, _ isPaused: Bool) {
        pauses.note(dagID, isPaused)
        guard entries[dagID]?.schedule.isPaused == !isPaused else { return }
        entries[dagID]?.schedule.isPaused = isPaused
        wake(dagID)
    }

    /// A run has come or gone: there may be room for the next one, or no more.
    private mutating func note(_ run: DAGRun) {
        guard run.type != .backfill else { return }
        let dagID = run.key.dagID
        let isNews: Bool
        if run.state.isFinished {
            isNews = activeRuns[dagID]?.remove(run.key.runID) != nil
            if activeRuns[dagID]?.isEmpty == true { activeRuns[dagID] = nil }
        } else {
            isNews = activeRuns[dagID, default: []].insert(run.key.runID).inserted
        }
        if isNews { wake(dagID) }
    }

    private mutating func answer(_ question: TimetableQuestion, _ run: ScheduledRun?) {
        guard entries[question.dagID]?.number == question.number, let run else { return }
        setTimer(question.dagID, run)
    }

    // MARK: - What is next

    private mutating func wake(_ dagID: String) {
        guard entries[dagID]?.isWoken == false else { return }
        entries[dagID]?.isWoken = true
        woken.append(dagID)
    }

    private mutating func evaluate(at now: Timestamp, _ plan: inout RunPlan) {
        let dagIDs = woken
        woken = []
        for dagID in dagIDs { evaluate(dagID, at: now, &plan) }
    }

    private mutating func evaluate(_ dagID: String, at now: Timestamp, _ plan: inout RunPlan) {
        guard var entry = entries[dagID] else { return }
        let known = entry.next
        lastNumber += 1
        (entry.isWoken, entry.next, entry.number) = (false, nil, lastNumber)
        entries[dagID] = entry
        guard mayCreate(entry.schedule) else { return }
        let schedule = entry.schedule
        switch schedule.trigger {
        case .none: break
        case .time(let timetable):
            guard let run = timetable.nextRun(after: schedule.last, within: schedule.restriction, now: now) else { return }
            setTimer(dagID, stillDue(known, run, now))
        case .custom:
            plan.questions.append(
                TimetableQuestion(
                    dagID: dagID, last: schedule.last, restriction: schedule.restriction, number: lastNumber))
        }
    }

    /// A run whose time came in this very turn is not skipped for a later one because something else woke its DAG.
    private func stillDue(_ known: ScheduledRun?, _ run: ScheduledRun, _ now: Timestamp) -> ScheduledRun {
        guard let known, known.runAfter <= now, known.logicalDate < run.logicalDate else { return run }
        return known
    }

    private func mayCreate(_ schedule: DAGSchedule) -> Bool {
        !schedule.isPaused && schedule.allows(.scheduled)
            && (activeRuns[schedule.dagID]?.count ?? 0) < schedule.maxActiveRuns
    }

    private mutating func setTimer(_ dagID: String, _ run: ScheduledRun) {
        guard let number = entries[dagID]?.number else { return }
        entries[dagID]?.next = run
        timers.insert(DueRun(at: run.runAfter, dagID: dagID, number: number))
    }

    private mutating func dropStaleTimers() {
        while let timer = timers.first, entries[timer.dagID]?.number != timer.number { timers.removeFirst() }
    }

    // MARK: - What is due

    private mutating func due(_ timer: DueRun, at now: Timestamp) -> PlannedRun? {
        guard let entry = entries[timer.dagID], entry.number == timer.number, let next = entry.next else { return nil }
        entries[timer.dagID]?.schedule.last = next.dataInterval
        entries[timer.dagID]?.next = nil
        wake(timer.dagID)
        return PlannedRun(Self.run(timer.dagID, next, at: now))
    }

    private static func run(_ dagID: String, _ next: ScheduledRun, at now: Timestamp) -> DAGRun {
        let key = RunKey(dagID: dagID, runID: runID(dagID, next))
        var run = DAGRun(key: key, type: .scheduled, runAfter: next.runAfter, triggeredBy: .timetable)
        run.queuedAt = now
        run.partition = next.partition
        guard next.partition == nil else { return run }
        run.logicalDate = next.logicalDate
        run.dataIntervalStart = next.dataInterval.start
        run.dataIntervalEnd = next.dataInterval.end
        return run
    }

    /// Of a partition: `scheduled__<run_after>__<key>__<8 characters>`, which are as random as Airflow's to people, and the
    /// same whichever scheduler makes the run. What a run id may not have is an underscore in it.
    private static func runID(_ dagID: String, _ next: ScheduledRun) -> String {
        let runID = RunType.scheduled.runID(runAfter: next.runAfter)
        guard let partition = next.partition else { return runID }
        let key = partition.key.map { RunID.isValid(String($0)) ? $0 : "_" }.prefix(longestKey)
        let suffix = RunSuffix.made(of: [dagID, "\(next.runAfter.microseconds)", partition.key])
        return "\(runID)__\(String(key))__\(suffix)"
    }

    /// Characters of a partition key in a run id.
    private static let longestKey = 150
}

/// A run of a DAG is due at an instant.
struct DueRun: Comparable, Sendable {
    let at: Timestamp
    let dagID: String
    let number: Int

    static func < (left: DueRun, right: DueRun) -> Bool { (left.at, left.number) < (right.at, right.number) }
}
