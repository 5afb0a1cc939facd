/// The planners of a scheduler, and what they need to be answered.
package struct Planning: Sendable {
    private var planners: [any RunPlanner]
    let maker: RunMaker
    private let askPython: @Sendable (TimetableQuestion) -> Void

    /// - Parameter askPython: brings the answer about later, as ``SchedulerEvent/nextRunKnown(_:_:)``.
    package init(
        _ planners: [any RunPlanner], maker: RunMaker, askPython: @escaping @Sendable (TimetableQuestion) -> Void
    ) {
        self.planners = planners
        self.maker = maker
        self.askPython = askPython
    }

    mutating func plan(_ turn: inout SchedulerTurn) -> RunPlan? { turn.ask(&planners) }

    func ask(_ questions: [TimetableQuestion]) {
        for question in questions { askPython(question) }
    }

    var nextWake: Timestamp? { planners.compactMap(\.nextWake).min() }
}
