package import PipelineCore
import Synchronization

/// A ``TriggerHost`` without a process: tests say what its triggers say.
package final class ScriptedTriggerHost: TriggerHost {
    private struct State {
        var running: [LaunchID: (trigger: DeferredTrigger, report: @Sendable (TriggerReport) -> Void)] = [:]
        var reports: [LaunchID: @Sendable (TriggerReport) -> Void] = [:]
        var stopped: [LaunchID] = []
        var watched: [EventTriggerID: @Sendable (JSONValue) async -> Void] = [:]
        var unwatched: [EventTriggerID] = []
        var callbacks: [AsyncCallbackCall] = []
        var isShutDown = false
    }

    private let state = Mutex(State())

    package init() {}

    package func run(_ trigger: DeferredTrigger, report: @escaping @Sendable (TriggerReport) -> Void) {
        state.withLock { state in
            guard state.running[trigger.launch] == nil else { return }
            state.running[trigger.launch] = (trigger, report)
            state.reports[trigger.launch] = report
        }
    }

    package func run(_ callback: AsyncCallbackCall, report: @escaping @Sendable (TriggerReport) -> Void) {
        state.withLock { state in
            state.callbacks.append(callback)
            state.reports[callback.launch] = report
        }
    }

    package var callbacks: [AsyncCallbackCall] { state.withLock { $0.callbacks } }

    package func stop(_ launch: LaunchID) {
        state.withLock { state in
            if state.running.removeValue(forKey: launch) != nil { state.stopped.append(launch) }
        }
    }

    package func watch(_ trigger: EventTrigger, onEvent: @escaping @Sendable (JSONValue) async -> Void) {
        state.withLock { state in
            if state.watched[trigger.id] == nil { state.watched[trigger.id] = onEvent }
        }
    }

    package func unwatch(_ id: EventTriggerID) {
        state.withLock { state in
            if state.watched.removeValue(forKey: id) != nil { state.unwatched.append(id) }
        }
    }

    package var watched: Set<EventTriggerID> { state.withLock { Set($0.watched.keys) } }
    package var unwatched: [EventTriggerID] { state.withLock { $0.unwatched } }

    /// A watcher's trigger says something.
    package func say(_ id: EventTriggerID, _ payload: JSONValue) async {
        await state.withLock { $0.watched[id] }?(payload)
    }

    package func shutdown() async { state.withLock { ($0.isShutDown, $0.running) = (true, [:]) } }

    package var running: [LaunchID] { state.withLock { $0.running.keys.sorted { $0.number < $1.number } } }
    package var stopped: [LaunchID] { state.withLock { $0.stopped } }
    package var isShutDown: Bool { state.withLock { $0.isShutDown } }

    /// A trigger says something, be it that it has been stopped already.
    package func fire(_ launch: LaunchID, _ report: TriggerReport) { state.withLock { $0.reports[launch] }?(report) }
}
