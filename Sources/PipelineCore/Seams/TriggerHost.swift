/// Runs triggers: what a deferred task waits for, as author code. The scheduler's own timers do those of time.
///
/// Contract: `run` and `stop` never block. A trigger that was handed over is reported once, also when the host has to
/// begin it anew after a crash, unless it is stopped before or the host is shut down. A launch that is known is not
/// started a second time.
package protocol TriggerHost: Sendable {
    /// Runs a trigger until it has fired, failed or been stopped.
    func run(_ trigger: DeferredTrigger, report: @escaping @Sendable (TriggerReport) -> Void)
    /// Runs an `AsyncCallback` to its end, beside the triggers. It is reported once: an event with its result, or a failure.
    func run(_ callback: AsyncCallbackCall, report: @escaping @Sendable (TriggerReport) -> Void)
    /// The task no longer waits: somebody has acted on it, or its time is over. Unknown launches are ignored.
    func stop(_ launch: LaunchID)
    /// Keeps the trigger of asset watchers running until ``unwatch(_:)``: one that ends or fails is begun again after a
    /// while. `onEvent` gets the payload of each of its events, one after the other, and the trigger is told that an
    /// event was taken when it returns. A trigger that is known is not started a second time.
    func watch(_ trigger: EventTrigger, onEvent: @escaping @Sendable (JSONValue) async -> Void)
    /// Nobody watches by this trigger any more. Unknown ones are ignored.
    func unwatch(_ id: EventTriggerID)
    /// Ends all triggers without a word to them; they begin anew at the next start.
    func shutdown() async
}

/// A trigger of one deferral.
package struct DeferredTrigger: Sendable, Hashable {
    /// The launch that deferred.
    package var launch: LaunchID
    /// The try, in state deferred.
    package var instance: TaskInstance
    package var triggerClass: String

    /// `nil` where the try does not wait for a trigger.
    package init?(_ instance: TaskInstance) {
        guard instance.state == .deferred, let triggerClass = instance.triggerClass else { return nil }
        launch = LaunchID(tryID: instance.id, number: instance.launchNumber)
        self.instance = instance
        self.triggerClass = triggerClass
    }
}

/// A callback that is a coroutine: Airflow runs it as a trigger.
package struct AsyncCallbackCall: Sendable, Hashable {
    package var id: UUID7
    package var run: RunKey
    /// Its import path, as the trigger host finds it.
    package var path: String
    /// Its arguments and the context, in the SDK's serde form.
    package var kwargs: JSONObject

    package init(id: UUID7, run: RunKey, path: String, kwargs: JSONObject) {
        self.id = id
        self.run = run
        self.path = path
        self.kwargs = kwargs
    }

    /// By which it is stopped: a callback has one launch.
    package var launch: LaunchID { LaunchID(tryID: id, number: 0) }
}

/// What became of a trigger.
package struct TriggerReport: Sendable, Hashable {
    package var outcome: TriggerOutcome
    /// Values that a trigger which ends its task leaves for others.
    package var xcoms: JSONObject

    package init(_ outcome: TriggerOutcome, xcoms: JSONObject = [:]) {
        self.outcome = outcome
        self.xcoms = xcoms
    }
}
