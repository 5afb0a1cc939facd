/// The planners of a scheduler, and what they need to be answered.
package struct Planning: Sendable {
    private var planners: [any RunPlanner]
    let maker: RunMaker
    private let askPython: @Sendable (TimetableQuestion) -> Void
    private let askMapper: @Sendable (PartitionQuestion) -> Void
    private let note: @Sendable (String) -> Void

    /// - Parameters:
    ///   - askPython: brings the answer about later, as ``SchedulerEvent/nextRunKnown(_:_:)``.
    ///   - askMapper: brings the answer about later, as ``SchedulerEvent/partitionMapped(_:_:)``.
    ///   - note: told what people should know.
    package init(
        _ planners: [any RunPlanner], maker: RunMaker, askPython: @escaping @Sendable (TimetableQuestion) -> Void,
        askMapper: @escaping @Sendable (PartitionQuestion) -> Void, note: @escaping @Sendable (String) -> Void
    ) {
        self.planners = planners
        self.maker = maker
        self.askPython = askPython
        self.askMapper = askMapper
        self.note = note
    }

    mutating func plan(_ turn: PlanningTurn) -> RunPlan {
        var plan = RunPlan()
        for index in planners.indices { plan.append(planners[index].plan(turn)) }
        return plan
    }

    /// Tells what is no change: questions and notes.
    func tell(_ plan: RunPlan) {
        for question in plan.questions { askPython(question) }
        for question in plan.partitionQuestions { askMapper(question) }
        for text in plan.notes { note(text) }
    }

    func say(_ text: String) { note(text) }

    var nextWake: Timestamp? { planners.compactMap(\.nextWake).min() }
}
