/// A backfill that cannot be. Source: the exceptions of Airflow 3.3 `models/backfill.py`.
package struct BackfillError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case dagNotFound = "dag_not_found"
        case alreadyRunning = "already_running"
        case nonPeriodicSchedule = "non_periodic_schedule"
        case direction = "invalid_direction"
        case reprocessBehavior = "invalid_reprocess_behavior"
        case futureDate = "future_date"
        case dateRange = "invalid_date_range"
        case conf = "invalid_conf"
        case noRuns = "no_runs"
        case tooManyRuns = "too_many_runs"
        case runTypeNotAllowed = "run_type_not_allowed"
        case partitioned
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
