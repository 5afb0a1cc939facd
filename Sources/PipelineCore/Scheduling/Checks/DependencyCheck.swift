/// One reason for which a task may have to wait. A check is a value: its inputs, gathered by the state machine. The
/// machine asks for ``verdict`` alone; the text is made only for people.
protocol DependencyCheck {
    /// Airflow's name of the dependency.
    static var name: String { get }
    var verdict: DependencyVerdict { get }
    /// A sentence for people: what is waited for, with names and numbers.
    var reason: String { get }
    /// When the answer may change by itself.
    var until: Timestamp? { get }
}

extension DependencyCheck {
    var until: Timestamp? { nil }
    var passed: Bool { verdict == .pass }
    var result: CheckResult { CheckResult(name: Self.name, passed: passed, reason: reason, until: until) }
}

/// What a check says to a task that waits for its dependencies.
enum DependencyVerdict: Hashable {
    case pass
    case wait
    /// It will never run: it ends in this state (Airflow: "flag upstream failed").
    case end(TaskState)
}
