/// What a task wants to happen when it fails, of that which the scheduler has to know: what its own process could not do.
package struct TaskCallbacks: Sendable, Hashable {
    package var hasOnFailure = false
    package var hasOnRetry = false
    /// It names addresses.
    package var hasEmail = false
    package var emailOnFailure = true
    package var emailOnRetry = true

    package init() {}

    package var isEmpty: Bool { !hasOnFailure && !hasOnRetry && !hasEmail }
}
