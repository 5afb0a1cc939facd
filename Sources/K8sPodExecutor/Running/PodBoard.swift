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

    fileprivate struct State {
        /// By name, which no two pods of an installation share.
        var uids: [String: String] = [:]
        var signals: [String: [Signal]] = [:]
        /// Pods, by uid, that came after the first one of their launch.
        var laterAttempts: [String: (launch: LaunchID, attempt: Int)] = [:]
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
        for await changes in changes { take(changes) }
        await watching
    }

    var health: ResourceCache<PodSnapshot>.Health { cache.health }
    var isSynced: Bool { lastSuccessfulList > 0 }
    var listsBegun: Int { cache.listsBegun }
    /// The number of the last list that is shown here; the cache may be ahead.
    var lastSuccessfulList: Int { state.withLock { $0.lastList } }

    /// Raises `signal` at every change of the pod `name`.
    func watch(_ name: String, _ signal: Signal) { state.withLock { $0.signals[name, default: []].append(signal) } }

    func forget(_ name: String, _ signal: Signal) {
        state.withLock { state in
            let rest = (state.signals[name] ?? []).filter { $0 !== signal }
            state.signals[name] = rest.isEmpty ? nil : rest
        }
    }

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
        // What is shown may be newer than the number of the list: never older.
        let (known, lastList) = state.withLock { ($0.uids[name], $0.lastList) }
        if let entry = known.flatMap({ cache.entry(uid: $0) }), uid == nil || entry.uid == uid {
            return .present(entry.value, uid: entry.uid)
        }
        return lastList > lists ? .gone : .unknown
    }

    /// Whether nothing of the pod runs any more: it has ended, or is not there.
    func isTerminal(uid: String) -> Bool { cache.entry(uid: uid)?.value.isTerminal ?? true }

    /// Whether the container that keeps the pod's result runs, as far as is known.
    func hasSidecar(uid: String) -> Bool {
        guard let pod = cache.entry(uid: uid)?.value else { return false }
        return !pod.isTerminal && pod.sidecar != .ended
    }

    /// Whether the launch has a pod that was made after the one of `identity`.
    func hasLaterAttempt(than identity: PodIdentity) -> Bool {
        state.withLock { state in
            state.laterAttempts.values.contains { $0.launch == identity.launch && $0.attempt > identity.attempt }
        }
    }

    /// All pods of the installation, in no order.
    var entries: [ResourceCache<PodSnapshot>.Entry] { cache.entries }

    /// Where there are pods.
    var namespaces: Set<String> { Set(cache.entries.map(\.namespace)) }

    private func take(_ changes: CacheChanges) {
        let entries = changes.names.keys.map { ($0, cache.entry(uid: $0)) }
        let signals = state.withLock { state -> [Signal] in
            for (uid, entry) in entries { state.note(uid, changes.names[uid] ?? "", entry) }
            // A list is news for who waits to have something confirmed by it.
            let isListed = state.lastList != changes.lastSuccessfulList
            state.lastList = changes.lastSuccessfulList
            // Before the first list, the cache's health is news.
            if isListed || state.lastList == 0 { return Array(state.signals.values.joined()) }
            return changes.names.values.flatMap { state.signals[$0] ?? [] }
        }
        for signal in signals { signal.raise() }
    }
}

extension PodBoard.State {
    fileprivate mutating func note(_ uid: String, _ name: String, _ entry: ResourceCache<PodSnapshot>.Entry?) {
        guard let entry else {
            if uids[name] == uid { uids[name] = nil }
            laterAttempts[uid] = nil
            return
        }
        uids[name] = uid
        if entry.value.attempt > 1 { laterAttempts[uid] = (entry.value.launch, entry.value.attempt) }
    }
}
