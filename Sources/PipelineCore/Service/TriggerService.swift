import Synchronization

/// Keeps a trigger running for each deferred try, from the commit that deferred it to the one that ends the wait, and
/// posts what it says. What runs is keyed by launch: whatever an older deferral of the same try still has to say finds
/// nobody who listens (decision 0009).
package final class TriggerService: SchedulerObserver {
    private struct State {
        /// The launch for which the trigger of a try runs, or has fired.
        var launches: [UUID7: LaunchID] = [:]
        var isStopped = false
    }

    private let host: any TriggerHost
    private let inbox: any SchedulerInbox
    private let service: any TaskService
    private let wallClock: any WallClock
    private let state = Mutex(State())

    package init(host: any TriggerHost, inbox: any SchedulerInbox, service: any TaskService, wallClock: any WallClock) {
        self.host = host
        self.inbox = inbox
        self.service = service
        self.wallClock = wallClock
    }

    package func committed(_ changes: [StoreChange], at instant: Timestamp) {
        for change in changes {
            switch change {
            case .saveTask(let instance): follow(instance)
            case .archiveTask(let instance): stop(instance.id)
            default: break
            }
        }
    }

    package func loaded(_ instances: [TaskInstance]) {
        for instance in instances { follow(instance) }
    }

    /// Ends all triggers; none is started any more.
    package func shutdown() async {
        state.withLock { $0.isStopped = true }
        await host.shutdown()
    }

    private func follow(_ instance: TaskInstance) {
        guard let trigger = DeferredTrigger(instance), TimeTrigger(instance) == nil else { return stop(instance.id) }
        let (isNew, old) = state.withLock { state -> (Bool, LaunchID?) in
            let old = state.launches[instance.id]
            guard !state.isStopped, old != trigger.launch else { return (false, nil) }
            state.launches[instance.id] = trigger.launch
            return (true, old)
        }
        guard isNew else { return }
        if let old { host.stop(old) }
        host.run(trigger) { [self] in report($0, trigger) }
    }

    private func stop(_ tryID: UUID7) {
        if let launch = state.withLock({ $0.launches.removeValue(forKey: tryID) }) { host.stop(launch) }
    }

    private func report(_ report: TriggerReport, _ trigger: DeferredTrigger) {
        guard isCurrent(trigger) else { return }
        guard !report.xcoms.isEmpty else { return inbox.post(.triggerFired(trigger.launch, report.outcome)) }
        // The host must not wait for the store.
        Task {
            let outcome = await stored(report, trigger)
            inbox.post(.triggerFired(trigger.launch, outcome))
        }
    }

    private func isCurrent(_ trigger: DeferredTrigger) -> Bool {
        state.withLock { $0.launches[trigger.launch.tryID] == trigger.launch }
    }

    /// The outcome, once its values are stored; values that cannot be stored fail the task.
    private func stored(_ report: TriggerReport, _ trigger: DeferredTrigger) async -> TriggerOutcome {
        // Source: Airflow 3.3 `models/trigger.py`: a try that is followed by another leaves nothing.
        if report.outcome == .taskFailed, trigger.instance.mayRetry { return report.outcome }
        do {
            for (key, value) in report.xcoms where isCurrent(trigger) {
                try await service.setXCom(
                    XCom(
                        task: trigger.instance.key, key: key, value: value, mappedLength: Self.length(of: value),
                        timestamp: wallClock.now()))
            }
            return report.outcome
        } catch {
            return .failed(traceback: ["The XComs of the trigger could not be stored: \(error)"])
        }
    }

    private static func length(of value: JSONValue) -> Int? { value.arrayValue?.count ?? value.objectValue?.count }
}
