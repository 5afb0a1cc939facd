import HTTPTransport
import PipelineCore

/// The API server, scheduler and kubelets as one value: calls and time go in, parts of answers come out. It knows no
/// clock, no thread and no socket.
struct APICore {
    enum Event {
        case reply(exchange: Int, Reply)
        case watchDelivery(exchange: Int, ObjectStore.Record)
        case bookmark(exchange: Int)
        case watchEnd(exchange: Int)
        case followEnd(exchange: Int)
        case idle(exchange: Int)
        case total(exchange: Int)
        case recorded(exchange: Int, [UInt8], isLast: Bool)
        case serverBack
        case collect(uid: String)
        case schedule
        case step(uid: String, generation: Int)
        case deadline(uid: String)
        case term(uid: String, PodTermination.Moment)
        case nodeNotReady(name: String, loss: Int)
        case container(uid: String, ContainerEnd)
        case interrupt(uid: String, container: Int)
    }

    var store: ObjectStore
    var now = Duration.zero
    let start: Timestamp
    var random: SplitMix64
    var queue = EventQueue<Event>()

    // Calls and answers.
    var calls: [KubernetesDouble.Call] = []
    var exchanges: [Int: Exchange] = [:]
    var watchers: Set<Int> = []
    /// Watches by what they may see, so that thousands of watches of single pods cost little.
    var watchersByTopic: [WatchTopic: Set<Int>] = [:]
    var outputs: [ExchangeOutput] = []
    var highestConcurrency: [KubernetesDouble.Verb: Int] = [:]
    var openByVerb: [KubernetesDouble.Verb: Int] = [:]

    // The server's manners.
    var settings = KubernetesDouble.Settings()
    var faults = FaultBook()
    var recordings: [Recording] = []
    var isGone = false
    /// Which client manages each field of an object, by its uid.
    var managers: [String: [String: String]] = [:]

    // The nodes.
    var cluster = Cluster()

    init(start: Timestamp, seed: UInt64) {
        self.start = start
        store = ObjectStore(seed: seed)
        random = SplitMix64(seed: seed)
    }

    var wallTime: Timestamp { start + now }

    /// The form of `metav1.Time`: whole seconds.
    func stamp(_ time: Timestamp? = nil) -> JSONValue {
        let time = time ?? wallTime
        let (seconds, _) = (time.microseconds / 1_000_000).quotientAndRemainder(dividingBy: 1)
        return .string(Timestamp(microseconds: seconds * 1_000_000).apiFormat)
    }

    mutating func add(_ event: Event, after delay: Duration) { queue.add(event, at: now + max(.zero, delay)) }

    /// Handles everything that is due by `time`, in order, and is then there.
    mutating func run(to time: Duration) {
        while let (due, event) = queue.pop(until: time) {
            now = max(now, due)
            handle(event)
        }
        now = max(now, time)
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .reply(let exchange, let reply): finish(exchange, reply)
        case .watchDelivery(let exchange, let record): deliver(record, to: exchange)
        case .bookmark(let exchange): sendBookmark(exchange)
        case .watchEnd(let exchange): end(exchange)
        case .followEnd(let exchange): end(exchange)
        case .idle(let exchange): checkIdle(exchange)
        case .total(let exchange): fail(exchange, .timeout)
        case .recorded(let exchange, let bytes, let isLast): play(bytes, isLast, to: exchange)
        case .serverBack: isGone = false
        case .collect(let uid): collect(uid: uid)
        case .schedule: schedule()
        case .step(let uid, let generation): step(uid, generation)
        case .deadline(let uid): exceedDeadline(uid)
        case .term(let uid, let moment): terminate(uid, moment)
        case .nodeNotReady(let name, let loss): markNotReady(name, loss)
        case .container(let uid, let end): endRuntime(uid, end)
        case .interrupt(let uid, let container): interrupt(uid, container)
        }
    }

    // MARK: Changes of objects

    /// Stores an object and tells the watchers.
    @discardableResult
    mutating func commit(_ object: JSONValue, at key: ObjectKey) -> JSONValue {
        let record = store.put(object, at: key)
        announce(record)
        return record.object
    }

    /// Removes an object, tells the watchers, and sees to those that it owned.
    mutating func remove(_ key: ObjectKey) {
        guard let record = store.remove(key) else { return }
        announce(record)
        release(record.object, key)
    }

    /// What follows from the absence of an object, announced or not.
    mutating func release(_ object: JSONValue, _ key: ObjectKey) {
        managers[object.uid] = nil
        collectDependents(of: object.uid)
        if key.resource == .pods { podRemoved(object) }
        if key.resource.isNamespaced { finishNamespace(key.namespace) }
    }

    private mutating func announce(_ record: ObjectStore.Record) {
        let all = watchersByTopic[WatchTopic(record.key.resource, name: nil)] ?? []
        let own = watchersByTopic[WatchTopic(record.key.resource, name: record.key.name)] ?? []
        for id in all.union(own).sorted() {
            if settings.watchDelay > .zero {
                add(.watchDelivery(exchange: id, record), after: settings.watchDelay)
            } else {
                deliver(record, to: id)
            }
        }
        if record.key.resource == .nodes || record.key.resource == .persistentvolumeclaims { wakeScheduler() }
    }
}
