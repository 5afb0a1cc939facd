package import PipelineCore

/// Tells how far a stage is. Two kinds of news: facts that are kept (an epoch's metrics), and positions that the next
/// one replaces (a bar).
package protocol ProgressReporter: Sendable {
    /// A fact worth a line of its own.
    func event(_ name: String, _ fields: JSONObject)
    /// Where a long piece of work stands.
    func position(_ position: ProgressPosition)
    /// Something else is about to write to the same stream.
    func finishLine()
}

extension ProgressReporter {
    /// For those whose lines are always whole.
    package func finishLine() {}
}

/// How much of a piece of work is done.
package struct ProgressPosition: Sendable, Hashable {
    /// What is being done: `download`, `epoch 3/30`.
    package var label: String
    package var completed: Int
    /// `nil` while nobody knows.
    package var total: Int?
    /// `bytes`, `images`, `steps`.
    package var unit: String
    /// Numbers of the moment, such as the running loss.
    package var detail: String

    package init(_ label: String, completed: Int, total: Int?, unit: String, detail: String = "") {
        self.label = label
        self.completed = completed
        self.total = total
        self.unit = unit
        self.detail = detail
    }

    package var isComplete: Bool { total.map { completed >= $0 } ?? false }
}
