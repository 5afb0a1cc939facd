import PipelineCore

/// What the scheduler says on standard error: one line for each run that begins or ends, and for each try that fails.
struct SchedulerLog: SchedulerObserver {
    func committed(_ changes: [StoreChange], at instant: Timestamp) {
        var lines = ""
        for change in changes {
            if let text = Self.text(change) { lines += Self.line(text, at: instant) }
        }
        if !lines.isEmpty { Terminal.write(lines, to: 2) }
    }

    func say(_ text: String) { Terminal.write(Self.line(text, at: SystemWallClock().now()), to: 2) }

    private static func line(_ text: String, at instant: Timestamp) -> String { "\(instant.apiFormat) \(text)\n" }

    private static func text(_ change: StoreChange) -> String? {
        switch change {
        case .saveRun(let run) where run.state.isFinished:
            "run \(run.key) \(run.state.rawValue)" + (run.reason.map { ": \($0)" } ?? "")
        case .saveRun(let run) where run.state == .queued: "run \(run.key) created (\(run.type.rawValue))"
        case .saveTask(let task) where task.state == .failed:
            "task \(task.key) failed" + (task.reason.map { ": \($0)" } ?? "")
        case .setPaused(let dagID, true): "DAG \(dagID) paused: too many failed runs in a row"
        default: nil
        }
    }
}
