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
        /// The highest attempt of launches that have had more than one pod.
        var laterAttempts: [String: Int] = [:]
        /// How many lists were begun when one was asked for.
        var listsAtRequest = -1
        var lastList = 0
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
    var isSynced: Bool { lastSuccessfulList > 0 }
    var listsBegun: Int { cache.listsBegun }
    /// The number of the last list that is shown here; the cache may be ahead.
    var lastSuccessfulList: Int { state.withLock { $0.lastList } }

    /// Raises `signal` at every change of the pod `name`.
    func watch(_ name: String, _ signal: Signal) { state.withLock { $0.signals[name] = signal } }
    func forget(_ name: String) { state.withLock { _ = $0.signals.removeValue(forKey: name) } }

    /// Makes one list soon, however many ask for it.
    func requestRelist() {
        let begun = cache.listsBegun
        let isFirst = state.withLock { state in
            defer { state.listsAtRequest = begun }
            return state.listsAtRequest != begun
        }
        if isFirst { cache.requestRelist() }
    }

    /// - Parameters:
    ///   - uid: the pod's own: a namesake is not it; `nil`: any.
    ///   - knownSince: the number of lists that were begun when the pod was surely there.
    func sighting(_ name: String, uid: String? = nil, knownSince lists: Int) -> Sighting {
        let (entry, lastList) = state.withLock { ($0.entries[name], $0.lastList) }
        if let entry, uid == nil || entry.uid == uid { return .present(entry.value, uid: entry.uid) }
        return lastList > lists ? .gone : .unknown
    }

    /// Whether nothing of the pod runs any more: it has ended, or is not there.
    func isTerminal(_ name: String, uid: String) -> Bool {
        guard let entry = state.withLock({ $0.entries[name] }), entry.uid == uid else { return true }
        return entry.value.isTerminal
    }

    /// Whether the launch has a pod that was made after the one of `identity`.
    func hasLaterAttempt(than identity: PodIdentity) -> Bool {
        let key = PodSnapshot.launchKey(identity.launch.tryID.description, String(identity.launch.number))
        return state.withLock { $0.laterAttempts[key, default: 1] } > identity.attempt
    }

    /// Where there are pods.
    var namespaces: Set<String> { state.withLock { Set($0.entries.values.map(\.namespace)) } }

    private func refresh() {
        // Before the contents, which may then be newer than the list: never older.
        let list = cache.lastSuccessfulList
        var entries: [String: ResourceCache<PodSnapshot>.Entry] = [:]
        var laterAttempts: [String: Int] = [:]
        for entry in cache.entries {
            entries[entry.name] = entry
            guard let attempt = Int(entry.value.attempt), attempt > 1 else { continue }
            laterAttempts[entry.value.launchKey] = max(attempt, laterAttempts[entry.value.launchKey, default: 1])
        }
        let signals = state.withLock { state in
            // A list is news for who waits to have something confirmed by it.
            let isListed = state.lastList != list
            state.lastList = list
            let old = state.entries
            (state.entries, state.laterAttempts) = (entries, laterAttempts)
            return state.signals.compactMap { name, signal in
                let (before, now) = (old[name], entries[name])
                let isNews = isListed || before?.uid != now?.uid || before?.resourceVersion != now?.resourceVersion || now == nil
                return isNews ? signal : nil
            }
        }
        for signal in signals { signal.raise() }
    }
}
