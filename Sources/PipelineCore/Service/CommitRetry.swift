/// How long the scheduler stands by a store that cannot be written before it gives up.
package struct CommitRetry: Sendable, Hashable {
    /// Commits tried in all.
    package var attempts = 8
    package var firstDelay: Duration = .milliseconds(50)
    package var maximumDelay: Duration = .seconds(5)

    package init() {}

    /// The pause after attempt `attempt` (counted from 1): doubled each time up to the maximum.
    package func delay(after attempt: Int) -> Duration {
        min(firstDelay * (1 << min(attempt - 1, 16)), maximumDelay)
    }
}
