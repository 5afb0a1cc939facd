import HTTPTransport

/// How long a caller goes on asking an API that is not available.
package struct RetryPolicy: Sendable, Hashable {
    /// Requests at most, the first one included.
    package var attempts: Int
    /// No retry begins later than this after the first request; `nil` sets no limit.
    package var deadline: Duration?
    package var initialDelay: Duration
    package var maximumDelay: Duration

    package init(
        attempts: Int = 6, deadline: Duration? = .seconds(60), initialDelay: Duration = .milliseconds(250),
        maximumDelay: Duration = .seconds(15)
    ) {
        self.attempts = attempts
        self.deadline = deadline
        self.initialDelay = initialDelay
        self.maximumDelay = maximumDelay
    }

    /// One request, and its error at once.
    package static let none = RetryPolicy(attempts: 1)

    func backoff(seed: UInt64) -> Backoff {
        Backoff(initial: initialDelay, maximum: maximumDelay, retries: max(0, attempts - 1), seed: seed)
    }
}
