import PipelineCore

/// One turn, from its events to what is to be committed and then done: the part that decides, without store and clock.
/// It follows `Scheduler.turn`, which makes runs and commits between these steps.
struct SchedulerTurn {
    let now: Timestamp
    private(set) var actions: [SchedulerAction] = []
    /// What the planners have not been shown yet; `nil`: they want nothing more.
    private var question: PlanningTurn?

    /// Shows the events to the machine.
    init(_ events: [SchedulerEvent], at now: Timestamp, _ machine: inout SchedulerStateMachine) {
        self.now = now
        for event in events { actions += machine.handle(event, now: now) }
        if let due = machine.nextWake, due <= now { actions += machine.handle(.timeReached, now: now) }
        question = PlanningTurn(now: now, events: events, changes: changes)
    }

    /// Adds what follows from an event that nobody posted, before the planners see the turn.
    mutating func handle(_ event: SchedulerEvent, _ machine: inout SchedulerStateMachine) {
        actions += machine.handle(event, now: now)
        let changes = changes
        question?.changes = changes
    }

    /// Asks the planners; `nil` when they want nothing more. The runs of the answer have to be brought back by ``create(_:_:)``.
    mutating func ask(_ planners: inout [any RunPlanner]) -> RunPlan? {
        guard let question else { return nil }
        self.question = nil
        var plan = RunPlan()
        for index in planners.indices { plan.append(planners[index].plan(question)) }
        guard !plan.isEmpty else { return nil }
        let wanted = plan.changes.map { SchedulerAction.store($0) }
        actions += wanted
        if !plan.runs.isEmpty { self.question = PlanningTurn(now: now, changes: [], isFirst: false) }
        return plan
    }

    /// Takes in the runs that were wanted and did not exist; what follows is shown to the planners with the next question.
    mutating func create(
        _ runs: [(planned: PlannedRun, snapshot: RunSnapshot)], _ machine: inout SchedulerStateMachine
    ) {
        var following: [SchedulerAction] = []
        for (planned, snapshot) in runs {
            following += machine.handle(.runCreated(snapshot), now: now)
            following += planned.changes.map { .store($0) }
        }
        actions += following
        question?.changes = following.changes
    }

    /// What is to be made durable, in one commit.
    var changes: [StoreChange] { actions.changes }
}

extension [SchedulerAction] {
    fileprivate var changes: [StoreChange] { compactMap { if case .store(let change) = $0 { change } else { nil } } }
}
