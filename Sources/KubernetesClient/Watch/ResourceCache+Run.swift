import HTTPTransport
import PipelineCore
import Synchronization

extension ResourceCache {
    /// Clean ends of a watch, one after the other and without a single event, before a list is made: so does a watch
    /// end that was begun at a resource version that the server has not reached yet, for example after a restore.
    private static var silentEndLimit: Int { 2 }

    /// Keeps the cache current until the task is cancelled. No failure ends it.
    package func run() async {
        var delays = backoff()
        while !Task.isCancelled {
            let watch = Stopwatch(client.clock)
            let failure = await listAndWatch()
            // Delays grow on where a list comes through but its watch does not last.
            if watch.elapsed > settings.maximumDelay { delays = backoff() }
            guard let failure, failure.kind != .cancelled else { continue }
            await pause(failure, &delays)
        }
    }

    /// - Returns: why it is not to be repeated at once; `nil` where a list is due.
    private func listAndWatch() async -> KubernetesError? {
        do throws(KubernetesError) {
            try await list()
            try await watchUntilRelist()
            return nil
        } catch {
            // An expired version is the normal way to a new list.
            if error.kind != .expired, error.kind != .cancelled { degrade(error) }
            return error
        }
    }

    private func list() async throws(KubernetesError) {
        let number = state.withLock { state in
            state.listsBegun += 1
            state.contents.beginList()
            return state.listsBegun
        }
        let result = try await client.list(
            resource, namespace: settings.namespace, selector: settings.selector, retry: .none,
            restarted: { [self] in state.withLock { $0.contents.beginList() } },
            each: { [self] object in state.withLock { $0.contents.addListed(object) } })
        update { state in
            state.lastSuccessfulList = number
            state.health = .healthy
            // A list that brought nothing new is news for who waits to learn that something is missing.
            return .contents(state.contents.endList(resourceVersion: result.resourceVersion))
        }
    }

    /// Watches on and on; returns when a list is due or was asked for.
    private func watchUntilRelist() async throws(KubernetesError) {
        let result = await withTaskGroup(of: Result<Void, KubernetesError>.self) { group in
            group.addTask { await self.watchOn() }
            group.addTask { await self.waitForRelist() }
            let first = await group.next() ?? .success(())
            group.cancelAll()
            return first
        }
        try result.get()
    }

    private func waitForRelist() async -> Result<Void, KubernetesError> {
        let jitter = 0.8 + 0.4 * Double(client.seeds.next() >> 11) / Double(1 << 53)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                try? await client.clock.sleep(for: settings.relistInterval * jitter, tolerance: nil)
            }
            group.addTask { [self] in try? await relistRequests.acquire() }
            await group.next()
            group.cancelAll()
            return .success(())
        }
    }

    private func watchOn() async -> Result<Void, KubernetesError> {
        var silentEnds = 0
        var delays = backoff()
        while !Task.isCancelled {
            do throws(KubernetesError) {
                let events = try await watchOnce()
                silentEnds = events == 0 ? silentEnds + 1 : 0
                if events > 0 { delays = backoff() }
                guard silentEnds < Self.silentEndLimit else {
                    return .failure(KubernetesError(.expired, "the watch ended \(silentEnds) times without an event"))
                }
                // A server that ends each watch at once must not be asked without a pause.
                if events == 0 { await pause(nil, &delays) }
            } catch {
                guard case .unavailable = error.kind else { return .failure(error) }
                degrade(error)
                await pause(error, &delays)
            }
        }
        return .failure(.cancelled)
    }

    /// - Returns: how many events came, bookmarks included.
    private func watchOnce() async throws(KubernetesError) -> Int {
        let options = WatchOptions(
            namespace: settings.namespace, selector: settings.selector,
            resourceVersion: state.withLock { $0.contents.resourceVersion }, timeout: settings.relistInterval,
            idle: settings.watchIdle)
        let counter = EventCounter()
        let opened = { @Sendable [self] in
            update { state in
                state.health = .healthy
                return .none
            }
        }
        try await client.watch(resource, options, opened: opened) { [self] event in
            counter.increment()
            update { state in
                let changed = state.contents.apply(event)
                return changed.isEmpty ? .none : .contents(changed)
            }
        }
        return counter.count
    }

    private func degrade(_ error: KubernetesError) {
        update { state in
            state.health = .degraded(error.message)
            return .none
        }
    }

    private func backoff() -> Backoff {
        Backoff(initial: .milliseconds(500), maximum: settings.maximumDelay, retries: .max, seed: client.seeds.next())
    }

    private func pause(_ error: KubernetesError?, _ delays: inout Backoff) async {
        var delay = delays.next() ?? settings.maximumDelay
        if case .unavailable(let asked?) = error?.kind {
            delay = max(delay, min(asked, KubernetesAPI.retryAfterLimit))
        }
        try? await client.clock.sleep(for: delay, tolerance: nil)
    }
}

private final class EventCounter: Sendable {
    private let value = Atomic(0)
    var count: Int { value.load(ordering: .relaxed) }
    func increment() { value.add(1, ordering: .relaxed) }
}
