package import PipelineCore
import Synchronization

/// What is there of one resource, kept current by one list and one watch. Readers look at what it holds, never at
/// events: a late, lost or doubled event changes nothing.
package final class ResourceCache<Value: Sendable>: Sendable {
    package typealias Entry = CacheContents<Value>.Entry

    /// Whether what the cache holds is current.
    package enum Health: Sendable, Hashable {
        /// No list has come through yet.
        case starting
        case healthy
        /// The contents are of an earlier time: the last call failed for this reason, and is tried again.
        case degraded(String)
    }

    package struct Settings: Sendable, Hashable {
        /// `nil`: all namespaces.
        package var namespace: String?
        package var selector: Selector
        /// A list is made this often though the watch looks healthy; drawn between 0.8 and 1.2 times this.
        package var relistInterval: Duration
        /// Silence after which a watch counts as dead.
        package var watchIdle: Duration
        /// The longest wait between two failed calls.
        package var maximumDelay: Duration

        package init(
            namespace: String?, selector: Selector = Selector(), relistInterval: Duration = .seconds(300),
            watchIdle: Duration = .seconds(90), maximumDelay: Duration = .seconds(30)
        ) {
            self.namespace = namespace
            self.selector = selector
            self.relistInterval = relistInterval
            self.watchIdle = watchIdle
            self.maximumDelay = maximumDelay
        }
    }

    struct State {
        var contents: CacheContents<Value>
        var health = Health.starting
        var listsBegun = 0
        var lastSuccessfulList = 0
        var observers: [Int: Observer] = [:]
        var nextObserver = 0
    }

    /// One reader of changes, and those that it has not taken yet.
    struct Observer {
        let wakes: AsyncStream<Void>.Continuation
        var changed: [String: String] = [:]
    }

    /// What a change of the state means for readers.
    enum News {
        case none
        /// Names of changed objects by uid; perhaps none, where a list came through.
        case contents([String: String])
    }

    let client: KubernetesAPI
    let resource: APIResource
    let settings: Settings
    let state: Mutex<State>
    let relistRequests = FIFOSemaphore(permits: 0)

    /// - Parameter transform: what to keep of an object: the few fields that are read. `nil` leaves the object out.
    package init(
        client: KubernetesAPI, resource: APIResource, settings: Settings,
        transform: @escaping @Sendable (JSONValue) -> Value?
    ) {
        self.client = client
        self.resource = resource
        self.settings = settings
        state = Mutex(State(contents: CacheContents(transform: transform)))
    }

    /// All that is held, in no order.
    package var entries: [Entry] { state.withLock { Array($0.contents.entries.values) } }
    package var count: Int { state.withLock { $0.contents.entries.count } }
    package func entry(uid: String) -> Entry? { state.withLock { $0.contents.entries[uid] } }
    package var health: Health { state.withLock { $0.health } }
    /// Whether a list has come through: before that, nothing is known to be missing.
    package var isSynced: Bool { lastSuccessfulList > 0 }

    /// The number of lists that were begun; with ``lastSuccessfulList`` it tells "missing" from "unknown".
    ///
    /// An object whose creation was answered when ``listsBegun`` was n is surely gone if it is not held and
    /// `lastSuccessfulList > n`: that list was begun after the answer, and came through.
    package var listsBegun: Int { state.withLock { $0.listsBegun } }
    /// The number, counted from 1 as they were begun, of the last list that came through; 0 for none.
    package var lastSuccessfulList: Int { state.withLock { $0.lastSuccessfulList } }

    /// Tells of changes of contents or health from now on.
    package func changes() -> CacheChangeStream {
        let (wakes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextObserver += 1
            state.observers[state.nextObserver] = Observer(wakes: continuation)
            return state.nextObserver
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.observers.removeValue(forKey: id) }
        }
        return CacheChangeStream(wakes: wakes) { [weak self] in self?.take(id) ?? CacheChanges() }
    }

    private func take(_ id: Int) -> CacheChanges {
        state.withLock { state in
            let changed = state.observers[id]?.changed ?? [:]
            state.observers[id]?.changed = [:]
            return CacheChanges(names: changed, lastSuccessfulList: state.lastSuccessfulList)
        }
    }

    /// Makes a list soon, though the watch is healthy: for who must know that something is missing.
    package func requestRelist() { relistRequests.signal() }

    /// Changes the state, and tells the observers where it is another then.
    func update(_ change: (inout State) -> News) {
        let wakes = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            let health = state.health
            switch change(&state) {
            case .none: if state.health == health { return [] }
            case .contents(let changed):
                for id in state.observers.keys { state.observers[id]?.changed.merge(changed) { $1 } }
            }
            return state.observers.values.map(\.wakes)
        }
        for wake in wakes { wake.yield() }
    }
}
