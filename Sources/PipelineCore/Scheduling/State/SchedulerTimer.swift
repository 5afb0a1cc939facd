/// Something that becomes due by itself.
struct SchedulerTimer: Comparable {
    enum Kind {
        /// A retry, a poke, or the timeout of a trigger.
        case instance
        /// The run may start.
        case runAfter
        /// The run's logical date has come.
        case logicalDate
        /// `dagrun_timeout`.
        case runTimeout
    }

    let at: Timestamp
    /// Order of insertion: makes the order total.
    let sequence: UInt64
    let kind: Kind
    let run: RunExecution
    let instance: Int
    let generation: UInt32

    static func < (left: SchedulerTimer, right: SchedulerTimer) -> Bool {
        (left.at, left.sequence) < (right.at, right.sequence)
    }

    static func == (left: SchedulerTimer, right: SchedulerTimer) -> Bool { left.sequence == right.sequence }
}
