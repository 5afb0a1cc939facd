/// Whether the run is running. Source: Airflow 3.3 `ti_deps/deps/dagrun_exists_dep.py`.
struct RunCheck: DependencyCheck {
    static let name = "Dagrun Running"

    let state: RunState
    let runAfter: Timestamp
    let limit: RunLimit
    let now: Timestamp

    var verdict: DependencyVerdict { state == .running ? .pass : .wait }
    var until: Timestamp? { state == .queued && runAfter > now ? runAfter : nil }

    var reason: String {
        switch state {
        case .running: "The run is running."
        case .queued where runAfter > now: "The run is queued and starts no earlier than \(runAfter)."
        case .queued where limit.isPaused: "The run is queued: backfill \(limit.backfillID ?? 0) is paused."
        case .queued where !limit.hasRoom:
            "The run is queued: \(limit.running) of at most \(limit.maximum) active run(s) of \(limit.name) are running."
        case .queued: "The run is queued."
        case .success, .failed: "The run is over: \(state.rawValue)."
        }
    }
}
