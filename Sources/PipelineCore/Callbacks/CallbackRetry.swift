/// When a callback that reached nobody is tried again.
package struct CallbackRetry: Sendable, Hashable {
    /// Attempts in all; after the last the request is dropped, with a warning.
    package var attempts = 12
    package var firstDelay: Duration = .seconds(10)
    package var maximumDelay: Duration = .seconds(3_600)

    package init() {}

    /// The pause after attempt `attempt` (counted from 1): doubled each time up to the maximum; `nil` after the last.
    package func delay(after attempt: Int) -> Duration? {
        guard attempt < attempts else { return nil }
        return min(firstDelay * (1 << min(attempt - 1, 20)), maximumDelay)
    }
}
