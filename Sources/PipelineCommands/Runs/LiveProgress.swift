import PipelineCore
import Synchronization

/// For a terminal: one line a task. Those of tasks in work change in place, those of ended ones stay above.
final class LiveProgress: RunDisplay {
    private struct State {
        var screen = LiveScreen()
        /// Tasks that have begun and are not over, in the order of their beginning.
        var inWork: [(key: TaskInstanceKey, instance: TaskInstance)] = []
        var staying: [String] = []
        var waits: [TaskWait] = []
        var ended = 0
        var drawn: Timestamp?
    }

    /// Lines of tasks in work.
    static let maximumLive = 12
    /// Between two drawings: a run of thousands of tasks shall not wait for its terminal.
    private static let pause = Duration.milliseconds(80)

    private let line: ProgressLine
    private let write: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(started: Timestamp, colour: Bool, columns: Int, write: @escaping @Sendable (String) -> Void) {
        line = ProgressLine(started: started, colour: colour, columns: columns)
        self.write = write
    }

    func committed(_ changes: [StoreChange], at instant: Timestamp) {
        state.withLock { state in
            for case .saveTask(let instance) in changes { note(instance, &state, at: instant) }
            if let drawn = state.drawn, instant - drawn < Self.pause { return }
            draw(&state, at: instant)
        }
    }

    func stoodStill(_ waits: [TaskWait], at instant: Timestamp) {
        state.withLock { state in
            guard state.waits != waits else { return }
            state.waits = waits
            draw(&state, at: instant)
        }
    }

    func say(_ text: String) {
        state.withLock { state in
            state.staying.append(text)
            if let drawn = state.drawn { draw(&state, at: drawn) }
        }
    }

    func tick(at instant: Timestamp) { state.withLock { draw(&$0, at: instant) } }

    func finish(at instant: Timestamp) {
        state.withLock { state in
            state.inWork = []
            state.waits = []
            write(state.screen.update(staying: state.staying, live: []))
            state.staying = []
        }
    }

    private func note(_ instance: TaskInstance, _ state: inout State, at instant: Timestamp) {
        guard let value = instance.state, ProgressLine.isShown(instance) else { return }
        state.waits = []
        let place = state.inWork.firstIndex { $0.key == instance.key }
        if value.isFinished {
            if let place { state.inWork.remove(at: place) }
            state.ended += 1
            state.staying.append(line.text(instance, value, at: instant))
        } else if let place {
            state.inWork[place].instance = instance
        } else {
            state.inWork.append((instance.key, instance))
        }
    }

    private func draw(_ state: inout State, at instant: Timestamp) {
        var live = state.inWork.prefix(Self.maximumLive).compactMap { entry in
            entry.instance.state.map { line.text(entry.instance, $0, at: instant) }
        }
        let hidden = state.inWork.count - live.count
        if hidden > 0 { live.append("         and \(hidden) more in work, \(state.ended) ended") }
        live += state.waits.prefix(Self.maximumLive).map { line.text($0, at: instant) }
        let text = state.screen.update(staying: state.staying, live: live)
        guard !text.isEmpty else { return }
        write(text)
        state.staying = []
        state.drawn = instant
    }
}
