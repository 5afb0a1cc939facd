/// Retries of one task. Source: Airflow 3.3 `models/taskinstance.py` (`next_retry_datetime`).
package struct RetryRule: Sendable, Hashable {
    /// Further tries after the first.
    package var retries = 0
    package var delay: Duration = .seconds(300)
    /// Growth of the delay by try; 0 keeps it constant. Airflow's `true` is 2.
    package var exponentialBackoff = 0.0
    package var maximumDelay: Duration?
    /// The worker evaluates a `RetryPolicy` and reports the delay itself.
    package var hasPolicy = false

    package init() {}
}
