import KubernetesClient
import PipelineCore
import Synchronization

/// The pods of this installation as one list and one watch show them, by name, and who waits for news of each.
final class PodBoard: Sendable {
    /// What can be said of a pod now.
    enum Sighting: Sendable {
        case present(PodSnapshot, uid: String)
        /// A list that came through after the pod was known does not have it.
        case gone
        /// The API has not said anything that would tell.
        case unknown
    }

    private struct State {
        var entries: [String: ResourceCache<PodSnapshot>.Entry] = [:]
        var signals: [String: Signal] = [:]
    }

    private let cache: ResourceCache<PodSnapshot>
    private let state = Mutex(State())

    init(cache: ResourceCache<PodSnapshot>) { self.cache = cache }

    /// Keeps up with the cluster until the task is cancelled.
    func run() async {
        let changes = cache.changes()
        async let watching: Void = cache.run()
        for await _ in changes { refresh() }
        await watching
    }

    var health: ResourceCache<PodSnapshot>.Health { cache.health }
    var isSynced: Bool { cache.isSynced }
    var listsBegun: Int { cache.listsBegun }

    /// Raises `signal` at every change of the pod `name`.
    func watch(_ name: String, _ signal: Signal) { state.withLock { $0.signals[name] = signal } }
    func forget(_ name: String) { state.withLock { _ = $0.signals.removeValue(forKey: name) } }
    func requestRelist() { cache.requestRelist() }

    /// - Parameter knownSince: the number of lists that were begun when the pod was surely there.
    func sighting(_ name: String, knownSince lists: Int) -> Sighting {
        if let entry = state.withLock({ $0.entries[name] }) { return .present(entry.value, uid: entry.uid) }
        return cache.lastSuccessfulList > lists ? .gone : .unknown
    }

    private func refresh() {
        var entries: [String: ResourceCache<PodSnapshot>.Entry] = [:]
        for entry in cache.entries { entries[entry.name] = entry }
        let signals = state.withLock { state in
            let old = state.entries
            state.entries = entries
            return state.signals.compactMap { name, signal in
                let (before, now) = (old[name], entries[name])
                let isNews = before?.uid != now?.uid || before?.resourceVersion != now?.resourceVersion || now == nil
                return isNews ? signal : nil
            }
        }
        for signal in signals { signal.raise() }
    }
}
