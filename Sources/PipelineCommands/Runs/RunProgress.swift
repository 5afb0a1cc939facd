import PipelineCore
import Synchronization

/// Tells people on standard error what a run does: a line for each state that a task reaches.
final class RunProgress: SchedulerObserver {
    private let started: Timestamp
    private let colour: Bool
    private let isQuiet: Bool
    private let told = Mutex<Set<TaskWait>>([])
    private let seen = Mutex<[TaskInstanceKey: TaskState]>([:])

    init(started: Timestamp, colour: Bool, isQuiet: Bool) {
        self.started = started
        self.colour = colour
        self.isQuiet = isQuiet
    }

    func committed(_ changes: [StoreChange], at instant: Timestamp) {
        guard !isQuiet else { return }
        var lines = ""
        for case .saveTask(let instance) in changes {
            guard let state = instance.state, Self.isShown(state), isNew(instance.key, state) else { continue }
            lines += line(instance, state, at: instant) + "\n"
        }
        if !lines.isEmpty { Terminal.write(lines, to: 2) }
    }

    /// Each reason once: people shall know why nothing happens.
    func stoodStill(_ waits: [TaskWait], at instant: Timestamp) {
        guard !isQuiet else { return }
        let new = waits.filter { wait in told.withLock { $0.insert(wait).inserted } }
        let lines = new.map { wait in
            let name = wait.task.taskID + (wait.task.mapIndex < 0 ? "" : "[\(wait.task.mapIndex)]")
            return "\(Self.clock(instant - started))  \("waiting".padding(to: 15))  \(name)  (\(wait.check.reason))\n"
        }
        if !lines.isEmpty { Terminal.write(lines.joined(), to: 2) }
    }

    /// States that last: what a task passes through on its way is not worth a line.
    private static func isShown(_ state: TaskState) -> Bool { state != .scheduled && state != .queued }

    private func isNew(_ key: TaskInstanceKey, _ state: TaskState) -> Bool {
        seen.withLock { $0.updateValue(state, forKey: key) != state }
    }

    private func line(_ instance: TaskInstance, _ state: TaskState, at instant: Timestamp) -> String {
        let elapsed = Self.clock(instant - started)
        let name = instance.taskID + (instance.mapIndex < 0 ? "" : "[\(instance.mapIndex)]")
        var text = "\(elapsed)  \(paint(state))  \(name)"
        if instance.tryNumber > 1 { text += "  try \(instance.tryNumber)" }
        if state.isFinished, let duration = instance.duration { text += "  \(Self.seconds(duration))" }
        if state != .success, state != .running, let reason = instance.reason { text += "  (\(reason))" }
        return text
    }

    private func paint(_ state: TaskState) -> String {
        let word = state.rawValue.padding(to: 15)
        guard colour else { return word }
        return "\u{1B}[\(Self.colourCode(state))m\(word)\u{1B}[0m"
    }

    /// Airflow's colours, as near as sixteen colours come.
    private static func colourCode(_ state: TaskState) -> Int {
        switch state {
        case .success: 32
        case .running: 92
        case .failed: 31
        case .upstreamFailed, .upForRetry: 33
        case .skipped: 35
        case .deferred, .awaitingInput, .upForReschedule: 36
        default: 90
        }
    }

    static func clock(_ duration: Duration) -> String {
        let tenths = max(0, duration.microseconds / 100_000)
        return "\(Int(tenths / 600).padded(2)):\(Int(tenths / 10 % 60).padded(2)).\(tenths % 10)"
    }

    static func seconds(_ duration: Duration) -> String {
        let milliseconds = Int(duration.microseconds / 1_000)
        return "\(milliseconds / 1_000).\((milliseconds % 1_000).padded(3)) s"
    }
}
