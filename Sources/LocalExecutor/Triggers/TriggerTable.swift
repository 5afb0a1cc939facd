import PipelineCore

/// Which triggers the host is to run: those beyond its capacity wait in order. A value: it decides,
/// ``PythonTriggerHost`` acts.
struct TriggerTable {
    /// What ends with one report.
    enum Hosted {
        case trigger(DeferredTrigger)
        case callback(AsyncCallbackCall)

        var launch: LaunchID {
            switch self {
            case .trigger(let trigger): trigger.launch
            case .callback(let callback): callback.launch
            }
        }

        var logPath: String {
            switch self {
            case .trigger(let trigger): LogPath.of(trigger.instance)
            case .callback(let callback): LogPath.ofCallbacks(callback.run)
            }
        }
    }

    /// What the host runs, and who is told.
    enum Entry {
        case once(Hosted, report: @Sendable (TriggerReport) -> Void)
        case watching(EventTrigger, onEvent: @Sendable (JSONValue) async -> Void)
    }

    /// What the process is to be told.
    struct Orders {
        var create: [(id: Int, entry: Entry)] = []
        var cancel: [Int] = []

        var isEmpty: Bool { create.isEmpty && cancel.isEmpty }
    }

    /// Triggers that run at once (`[triggerer] capacity`).
    let capacity: Int
    private var entries: [Int: Entry] = [:]
    private var ids: [LaunchID: Int] = [:]
    private var watchers: [EventTriggerID: Int] = [:]
    /// Watchers that have ended, until they begin again.
    private var resting: Set<Int> = []
    /// Ids in the order in which they came; a stopped one is passed over.
    private var waiting: [Int] = []
    private var running: Set<Int> = []
    /// The logs of what runs, until the process has let go of it.
    private var logPaths: [Int: String] = [:]
    /// To be told that nobody waits for them, and those who have been told and still run.
    private var cancelled: [Int] = []
    private var cancelling: Set<Int> = []
    private var lastID = 0
    private var isClosed = false

    init(capacity: Int) { self.capacity = capacity }

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }
    var runningCount: Int { running.count }

    /// The log of the try behind a number; `nil` when the process has let go of it.
    func logPath(_ id: Int) -> String? { logPaths[id] }

    /// `false` when it is known already.
    mutating func add(_ hosted: Hosted, report: @escaping @Sendable (TriggerReport) -> Void) -> Bool {
        guard ids[hosted.launch] == nil else { return false }
        lastID += 1
        entries[lastID] = .once(hosted, report: report)
        ids[hosted.launch] = lastID
        waiting.append(lastID)
        return true
    }

    /// `false` when it is known already.
    mutating func add(_ trigger: EventTrigger, onEvent: @escaping @Sendable (JSONValue) async -> Void) -> Bool {
        guard watchers[trigger.id] == nil else { return false }
        lastID += 1
        entries[lastID] = .watching(trigger, onEvent: onEvent)
        watchers[trigger.id] = lastID
        waiting.append(lastID)
        return true
    }

    /// Nobody watches by this trigger any more.
    mutating func unwatch(_ trigger: EventTriggerID) {
        guard let id = watchers.removeValue(forKey: trigger) else { return }
        entries[id] = nil
        resting.remove(id)
        if running.contains(id) { cancelled.append(id) }
    }

    /// The one to be told of an event of a watcher; `nil` for any other trigger.
    func watcher(_ id: Int) -> (@Sendable (JSONValue) async -> Void)? {
        guard case .watching(_, let onEvent)? = entries[id] else { return nil }
        return onEvent
    }

    /// A watcher that rests begins again.
    mutating func wake(_ id: Int) {
        if resting.remove(id) != nil { waiting.append(id) }
    }

    /// A trigger that nobody waits for any more. It keeps its place until the process has let go of it.
    mutating func stop(_ launch: LaunchID) {
        guard let id = ids.removeValue(forKey: launch) else { return }
        entries[id] = nil
        if running.contains(id) { cancelled.append(id) }
    }

    /// A callback says that it begins; only what comes after counts.
    func isBeginning(_ id: Int, _ payload: JSONValue?) -> Bool {
        guard case .once(.callback, _)? = entries[id] else { return false }
        return payload?["state"]?.stringValue == "running"
    }

    /// The one to be told what became of a trigger; once.
    mutating func fire(_ id: Int) -> (@Sendable (TriggerReport) -> Void)? {
        guard case .once(let hosted, let report)? = entries[id] else { return nil }
        entries[id] = nil
        ids[hosted.launch] = nil
        return report
    }

    /// What has fired and still runs is not wanted any more.
    mutating func cancelFired(_ id: Int) {
        if running.contains(id), entries[id] == nil, !cancelled.contains(id) { cancelled.append(id) }
    }

    /// The process has let go of a trigger.
    /// - Returns: `true` for a watcher that is to begin again, after a rest.
    @discardableResult
    mutating func finished(_ id: Int) -> Bool {
        running.remove(id)
        logPaths[id] = nil
        cancelling.remove(id)
        cancelled.removeAll { $0 == id }
        guard !isClosed, case .watching? = entries[id] else { return false }
        return resting.insert(id).inserted
    }

    var hasOrders: Bool { !cancelled.isEmpty || (!waiting.isEmpty && running.count < capacity) }

    /// What is to be done now; it counts as done.
    mutating func takeOrders() -> Orders {
        var orders = Orders(cancel: cancelled)
        cancelling.formUnion(cancelled)
        cancelled = []
        var taken = 0
        while running.count < capacity, taken < waiting.count {
            let id = waiting[taken]
            taken += 1
            guard let entry = entries[id] else { continue }
            running.insert(id)
            if case .once(let hosted, _) = entry { logPaths[id] = hosted.logPath }
            orders.create.append((id, entry))
        }
        waiting.removeFirst(taken)
        return orders
    }

    /// The process is gone, and its triggers with it: they begin again before those that have waited so far.
    mutating func processEnded() {
        waiting = running.filter { entries[$0] != nil }.sorted() + waiting
        (running, cancelled, cancelling, logPaths) = ([], [], [], [:])
    }

    /// Stopped triggers have something left to do: what they do when nobody waits for them any more.
    var isCancelling: Bool { !cancelled.isEmpty || !cancelling.isEmpty }

    /// Nothing is begun any more, and of what triggers say only what watchers do counts: they are told that it was taken.
    mutating func close() {
        entries = entries.filter { if case .watching = $0.value { true } else { false } }
        (ids, watchers, waiting, resting, isClosed) = ([:], [:], [], [], true)
    }
}
