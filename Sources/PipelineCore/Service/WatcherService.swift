import Synchronization

/// Keeps the triggers of asset watchers running, and writes what they say as events of their assets: rows that nobody has
/// registered, which the scheduler finds like those of any other process. So an event is durable before its trigger is
/// told that it was taken, and it is acted on once.
package final class WatcherService: Sendable {
    private struct State {
        var running: [EventTriggerID: EventTrigger] = [:]
        var isStopped = false
    }

    private let host: any TriggerHost
    private let store: any AssetStore
    private let wallClock: any WallClock
    private let clock: any Clock<Duration>
    private let retry: CommitRetry
    private let nudge: @Sendable () -> Void
    private let note: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - nudge: told that there is an event in the store.
    ///   - note: told of events that could not be written.
    package init(
        host: any TriggerHost, store: any AssetStore, wallClock: any WallClock, clock: any Clock<Duration>,
        retry: CommitRetry = CommitRetry(), nudge: @escaping @Sendable () -> Void,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.host = host
        self.store = store
        self.wallClock = wallClock
        self.clock = clock
        self.retry = retry
        self.nudge = nudge
        self.note = note
    }

    /// Makes exactly these triggers run. One whose assets have changed goes on, for the others.
    package func watch(_ triggers: [EventTrigger]) {
        let wanted = Dictionary(triggers.map { ($0.id, $0) }) { first, _ in first }
        let (new, old) = state.withLock { state -> ([EventTrigger], [EventTriggerID]) in
            guard !state.isStopped else { return ([], []) }
            let old = state.running.keys.filter { wanted[$0] == nil }
            let new = wanted.values.filter { state.running[$0.id] == nil }
            state.running = wanted
            return (new, Array(old))
        }
        for id in old { host.unwatch(id) }
        for trigger in new { host.watch(trigger) { [self] in await take($0, of: trigger.id) } }
    }

    /// No trigger is watched any more; the host ends them.
    package func shutdown() {
        state.withLock { ($0.isStopped, $0.running) = (true, [:]) }
    }

    private func take(_ payload: JSONValue, of id: EventTriggerID) async {
        let assets = state.withLock { $0.running[id]?.assets } ?? []
        for asset in assets { await write(EventTrigger.extra(payload), asset) }
        if !assets.isEmpty { nudge() }
    }

    private func write(_ extra: JSONValue, _ asset: AssetKey) async {
        for attempt in 1...retry.attempts {
            do {
                _ = try await store.createAssetEvent(asset, extra: extra, partitionKey: nil, at: wallClock.now())
                return
            } catch let error as StoreError where error.isTransient && attempt < retry.attempts {
                guard (try? await clock.sleep(for: retry.delay(after: attempt))) != nil else { return }
            } catch {
                return note("an event of a watcher of asset \(asset) is lost, it could not be written: \(error)")
            }
        }
    }
}
