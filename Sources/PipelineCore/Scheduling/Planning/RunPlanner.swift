/// Decides which runs come into being, and why: by time, by assets, by a backfill. Like ``SchedulerStateMachine`` it reads
/// no clock and no store; what it knows can be worked out from the store at a start (decision 0009).
package protocol RunPlanner: Sendable {
    /// Takes in what a turn brought and is about to commit, and answers what is to be committed with it. It is asked again
    /// in the same turn, with the changes that followed from its answer, until it wants no more runs.
    mutating func plan(_ turn: PlanningTurn) -> RunPlan
    /// When it wants to be asked next, though nothing has happened; `nil`: never.
    var nextWake: Timestamp? { get }
}

/// What a planner sees of one turn, or of the part of it that followed from its last answer.
package struct PlanningTurn: Sendable {
    package var now: Timestamp
    package var events: [SchedulerEvent]
    package var changes: [StoreChange]
    /// It is asked for the first time in this turn.
    package var isFirst: Bool

    package init(
        now: Timestamp, events: [SchedulerEvent] = [], changes: [StoreChange] = [], isFirst: Bool = true
    ) {
        self.now = now
        self.events = events
        self.changes = changes
        self.isFirst = isFirst
    }
}

/// What a planner wants.
package struct RunPlan: Sendable {
    /// Runs to create. One that exists already (by id or by logical date) is dropped.
    package var runs: [PlannedRun] = []
    /// Changes to commit with the turn.
    package var changes: [StoreChange] = []
    /// What only Python can answer.
    package var questions: [TimetableQuestion] = []
    /// What only a custom partition mapper can answer.
    package var partitionQuestions: [PartitionQuestion] = []
    /// What people should know; the same may be said again.
    package var notes: [String] = []

    package init() {}

    package var isEmpty: Bool {
        runs.isEmpty && changes.isEmpty && questions.isEmpty && partitionQuestions.isEmpty && notes.isEmpty
    }

    package mutating func append(_ other: RunPlan) {
        runs += other.runs
        changes += other.changes
        questions += other.questions
        partitionQuestions += other.partitionQuestions
        notes += other.notes
    }
}

/// A run that is to be created.
package struct PlannedRun: Sendable, Hashable {
    /// Without a version, unless it is to run on a certain one: it is pinned to the latest when it is created.
    package var run: DAGRun
    /// Changes that are committed only if the run is.
    package var changes: [StoreChange] = []
    /// The backfill that wants it: a run that is there already may be run again, and what becomes of the date is noted.
    package var step: BackfillStep?

    package init(_ run: DAGRun, changes: [StoreChange] = []) {
        self.run = run
        self.changes = changes
    }

    package init(_ step: BackfillStep, at now: Timestamp) {
        self.init(step.run(at: now), changes: [])
        changes = [step.settled(by: run.key)]
        self.step = step
    }
}

/// When a custom timetable wants its next run; answered by ``SchedulerEvent/nextRunKnown(_:_:)``.
package struct TimetableQuestion: Sendable, Hashable {
    package var dagID: String
    package var last: DataInterval?
    package var restriction: TimeRestriction
    /// Tells an answer to an earlier question from one to this.
    package var number: Int

    package init(dagID: String, last: DataInterval?, restriction: TimeRestriction, number: Int) {
        self.dagID = dagID
        self.last = last
        self.restriction = restriction
        self.number = number
    }
}
