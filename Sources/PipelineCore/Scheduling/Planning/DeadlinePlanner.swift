/// Keeps the deadlines of runs that have not come yet. A run that succeeds before makes its deadlines void; a run that
/// fails does not, as in Airflow: its deadline was for a success. Source: Airflow 3.3 `models/deadline.py`.
package struct DeadlinePlanner: RunPlanner {
    private var deadlines: [UUID7: Deadline] = [:]
    private var idsOfRun: [RunKey: Set<UUID7>] = [:]
    /// Runs with deadlines, as they were seen last.
    private var runs: [RunKey: DAGRun] = [:]
    private var timers = BinaryHeap<DueDeadline>()
    private let rules: [NotificationRule]
    private var generator: SplitMix64
    private var changes: [StoreChange] = []

    /// - Parameters:
    ///   - deadlines: those of the store that are not missed, with their runs.
    ///   - seed: of the ids of callbacks.
    package init(_ deadlines: [(deadline: Deadline, run: DAGRun)], rules: [NotificationRule], seed: UInt64) {
        self.rules = rules
        generator = SplitMix64(seed: seed)
        for (deadline, run) in deadlines {
            runs[run.key] = run
            add(deadline)
        }
    }

    package mutating func plan(_ turn: PlanningTurn) -> RunPlan {
        for case .runLoaded(let snapshot) in turn.events where !snapshot.taskInstances.isEmpty { load(snapshot) }
        take(turn.changes)
        while let timer = timers.first, timer.at <= turn.now {
            timers.removeFirst()
            if let deadline = deadlines[timer.id], deadline.time == timer.at { miss(deadline, at: turn.now) }
        }
        dropStaleTimers()
        var plan = RunPlan()
        (plan.changes, changes) = (changes, [])
        return plan
    }

    package var nextWake: Timestamp? { timers.first?.at }

    // MARK: - What has happened

    /// A new run comes directly before its deadlines; runs without any are not kept.
    private mutating func take(_ changes: [StoreChange]) {
        var saved: [RunKey: DAGRun] = [:]
        for change in changes {
            switch change {
            case .saveRun(let run):
                saved[run.key] = run
                if idsOfRun[run.key] != nil { note(run) }
            case .saveDeadline(let deadline):
                if let run = saved[deadline.run] { runs[deadline.run] = run }
                add(deadline)
            case .deleteDeadline(let id): remove(id)
            default: break
            }
        }
    }

    private mutating func load(_ snapshot: RunSnapshot) {
        guard !snapshot.deadlines.isEmpty else { return }
        runs[snapshot.run.key] = snapshot.run
        for deadline in snapshot.deadlines { add(deadline) }
    }

    private mutating func add(_ deadline: Deadline) {
        guard !deadline.isMissed else { return remove(deadline.id) }
        deadlines[deadline.id] = deadline
        idsOfRun[deadline.run, default: []].insert(deadline.id)
        timers.insert(DueDeadline(at: deadline.time, id: deadline.id))
        if let run = runs[deadline.run] { drop(deadline, ifKeptBy: run) }
    }

    private mutating func remove(_ id: UUID7) {
        guard let run = deadlines.removeValue(forKey: id)?.run else { return }
        idsOfRun[run]?.remove(id)
        if idsOfRun[run]?.isEmpty == true { (idsOfRun[run], runs[run]) = (nil, nil) }
    }

    private mutating func note(_ run: DAGRun) {
        runs[run.key] = run
        for id in (idsOfRun[run.key] ?? []).sorted() {
            guard let deadline = deadlines[id] else { continue }
            if run.state.isFinished { drop(deadline, ifKeptBy: run) } else { move(deadline, with: run) }
        }
    }

    private mutating func drop(_ deadline: Deadline, ifKeptBy run: DAGRun) {
        guard run.state.isFinished else { return }
        let isKept: Bool
        switch deadline.action {
        case .callback: isKept = run.state == .success && (run.endDate.map { $0 <= deadline.time } ?? false)
        case .longRunning: isKept = true
        }
        guard isKept else { return }
        remove(deadline.id)
        changes.append(.deleteDeadline(deadline.id))
    }

    /// A run that is cleared is queued anew.
    private mutating func move(_ deadline: Deadline, with run: DAGRun) {
        guard let interval = deadline.sinceQueued, let queued = run.queuedAt, queued + interval != deadline.time else { return }
        var moved = deadline
        moved.time = queued + interval
        add(moved)
        changes.append(.saveDeadline(moved))
    }

    private mutating func dropStaleTimers() {
        while let timer = timers.first, deadlines[timer.id]?.time != timer.at { timers.removeFirst() }
    }

    // MARK: - What is missed

    private mutating func miss(_ deadline: Deadline, at now: Timestamp) {
        var missed = deadline
        missed.isMissed = true
        changes.append(.saveDeadline(missed))
        let run = runs[deadline.run]
        remove(deadline.id)
        switch deadline.action {
        case .callback(let callback):
            want(deadline.run, at: now) { _ in
                .deadline(callback, deadlineID: deadline.id, deadlineTime: deadline.time)
            }
            guard let run else { return }
            for rule in rules where rule.wants(.deadline, of: run.key.dagID) {
                notify(rule.target, .deadline, run, missed, at: now)
            }
        case .longRunning(let target):
            if let run { notify(target, .longRunning, run, missed, at: now) }
        }
    }

    private mutating func notify(
        _ target: String, _ event: NotificationRule.Event, _ run: DAGRun, _ deadline: Deadline, at now: Timestamp
    ) {
        want(run.key, at: now) { id in
            .webhook(target: target, body: NotificationRule.body(event, run, deadline: deadline, id: id, at: now))
        }
    }

    private mutating func want(_ run: RunKey, at now: Timestamp, _ work: (UUID7) -> CallbackWork) {
        let id = UUID7(at: now, using: &generator)
        changes.append(.saveCallback(CallbackRequest(id: id, run: run, work: work(id), createdAt: now)))
    }
}

/// A deadline comes at an instant.
struct DueDeadline: Comparable, Sendable {
    let at: Timestamp
    let id: UUID7

    static func < (left: DueDeadline, right: DueDeadline) -> Bool { (left.at, left.id) < (right.at, right.id) }
}
