/// The answer of one dependency check: the same value drives scheduling, the API and `pipeline tasks explain`.
package struct CheckResult: Sendable, Hashable {
    /// Airflow's name of the dependency, e.g. `Trigger Rule`, `Pool Slots Available`.
    package var name: String
    package var passed: Bool
    /// A sentence for people: what is waited for, with names and numbers.
    package var reason: String
    /// When the answer may change by itself.
    package var until: Timestamp?

    package init(name: String, passed: Bool, reason: String, until: Timestamp? = nil) {
        self.name = name
        self.passed = passed
        self.reason = reason
        self.until = until
    }
}
