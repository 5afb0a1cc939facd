import PipelineCore
import Synchronization

/// For a file, a pipe, a log of CI: a line for each state that a task reaches.
final class RunProgress: RunDisplay {
    private let line: ProgressLine
    private let isQuiet: Bool
    private let told = Mutex<Set<TaskWait>>([])
    private let seen = Mutex<[TaskInstanceKey: Shown]>([:])

    /// What was last said of a task; why it waits counts only while it does.
    private struct Shown: Equatable {
        var state: TaskState
        var reason: String?
    }

    init(started: Timestamp, colour: Bool, isQuiet: Bool) {
        line = ProgressLine(started: started, colour: colour)
        self.isQuiet = isQuiet
    }

    func committed(_ changes: [StoreChange], at instant: Timestamp) {
        guard !isQuiet else { return }
        var lines = ""
        for case .saveTask(let instance) in changes {
            guard let state = instance.state, ProgressLine.isShown(instance), isNew(instance, state) else { continue }
            lines += line.text(instance, state, at: instant) + "\n"
        }
        if !lines.isEmpty { Terminal.write(lines, to: 2) }
    }

    /// Each reason once: people shall know why nothing happens.
    func stoodStill(_ waits: [TaskWait], at instant: Timestamp) {
        guard !isQuiet else { return }
        let new = waits.filter { wait in told.withLock { $0.insert(wait).inserted } }
        if !new.isEmpty { Terminal.write(new.map { line.text($0, at: instant) + "\n" }.joined(), to: 2) }
    }

    func say(_ text: String) { Terminal.note(text) }
    func tick(at instant: Timestamp) {}
    func finish(at instant: Timestamp) {}

    private func isNew(_ instance: TaskInstance, _ state: TaskState) -> Bool {
        let shown = Shown(state: state, reason: state == .queued ? instance.reason : nil)
        return seen.withLock { $0.updateValue(shown, forKey: instance.key) != shown }
    }
}
