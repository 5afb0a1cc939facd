/// Runs what a ``CallbackRequest`` asks for: author code in a process of its own, or a message to somebody.
package protocol CallbackRunner: Sendable {
    /// Returns when it is over. A cancelled task ends what it has begun and answers `interrupted`.
    func run(_ request: CallbackRequest) async -> CallbackEnd
}

package enum CallbackEnd: Sendable, Hashable {
    case done
    /// It will not be tried again; no state of a run or a task changes.
    case failed(reason: String)
    /// Nobody was there: to be tried again later.
    case unreachable(reason: String)
    /// It did not come to its end in this process, and begins again at the next start.
    case interrupted
}
