/// When a task may start, seen from its direct upstream tasks. Source: Airflow 3.3 `task/trigger_rule.py`.
package enum TriggerRule: String, Sendable, Hashable, CaseIterable {
    case allSuccess = "all_success"
    case allFailed = "all_failed"
    case allDone = "all_done"
    case allDoneMinOneSuccess = "all_done_min_one_success"
    case allDoneSetupSuccess = "all_done_setup_success"
    case oneSuccess = "one_success"
    case oneFailed = "one_failed"
    case oneDone = "one_done"
    case noneFailed = "none_failed"
    case noneSkipped = "none_skipped"
    case always
    case noneFailedMinOneSuccess = "none_failed_min_one_success"
    case allSkipped = "all_skipped"
}
