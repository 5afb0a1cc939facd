/// The instant by which a run has to have succeeded: a row of `deadline`, made with the run. It is deleted when the run
/// succeeds before, and marked as missed, together with the callback that it causes, when its time has come.
/// Source: Airflow 3.3 `models/deadline.py`.
package struct Deadline: Sendable, Hashable {
    package var id: UUID7
    package var run: RunKey
    /// Of the alert.
    package var name: String?
    package var time: Timestamp
    package var isMissed = false
    /// Counted from when the run is queued, with this interval: a clear moves it.
    package var sinceQueued: Duration?
    package var action: Action

    /// What a missed deadline causes.
    package enum Action: Sendable, Hashable {
        case callback(DeadlineCallback)
        /// A message of the settings that a run still runs: any end of the run makes it void.
        case longRunning(target: String)
    }

    package init(id: UUID7, run: RunKey, name: String?, time: Timestamp, sinceQueued: Duration? = nil, action: Action) {
        self.id = id
        self.run = run
        self.name = name
        self.time = time
        self.sinceQueued = sinceQueued
        self.action = action
    }
}

extension Deadline.Action {
    package var json: JSONObject {
        switch self {
        case .callback(let callback): ["callback": .object(callback.json)]
        case .longRunning(let target): ["long_running": .string(target)]
        }
    }

    /// `nil` where this is no action that is known.
    package init?(_ json: JSONObject) {
        if let callback = json["callback"].flatMap({ DeadlineCallback($0) }) {
            self = .callback(callback)
        } else if let target = json["long_running"]?.stringValue {
            self = .longRunning(target: target)
        } else {
            return nil
        }
    }
}
