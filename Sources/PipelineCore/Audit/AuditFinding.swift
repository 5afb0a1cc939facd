/// A row of the store that breaks a rule.
package struct AuditFinding: Sendable, Hashable {
    /// Which rule: a short name (`task_of_finished_run`).
    package var rule: String
    /// The row.
    package var row: String
    /// What is wrong with it, and what to do.
    package var text: String

    package init(_ rule: String, _ row: String, _ text: String) {
        self.rule = rule
        self.row = row
        self.text = text
    }
}
