/// Which callbacks run, and which wait. A value: it decides, ``CallbackService`` acts.
struct CallbackQueue {
    /// Callbacks that run at once; the others wait in the order in which they came.
    let maximumRunning: Int
    private var ready: [CallbackRequest] = []
    private var later = BinaryHeap<DueCallback>()
    private var running: Set<UUID7> = []
    private var known: Set<UUID7> = []

    init(maximumRunning: Int) { self.maximumRunning = maximumRunning }

    /// One that is known already is not taken a second time: a commit may be told twice.
    mutating func add(_ request: CallbackRequest, now: Timestamp) {
        guard known.insert(request.id).inserted else { return }
        if let due = request.dueAt, due > now {
            later.insert(DueCallback(at: due, request: request))
        } else {
            ready.append(request)
        }
    }

    /// What is to be begun now; it counts as running.
    mutating func take(now: Timestamp) -> [CallbackRequest] {
        while let due = later.first, due.at <= now {
            later.removeFirst()
            ready.append(due.request)
        }
        let taken = Array(ready.prefix(max(0, maximumRunning - running.count)))
        ready.removeFirst(taken.count)
        running.formUnion(taken.map(\.id))
        return taken
    }

    /// It runs no more; a later mention of it is a new one.
    mutating func ended(_ id: UUID7) {
        running.remove(id)
        known.remove(id)
    }

    /// When the next one that waits for its time is due.
    var nextDue: Timestamp? { later.first?.at }

    /// Nothing runs or could.
    var isIdle: Bool { ready.isEmpty && running.isEmpty }
}

/// A callback that is tried again later.
struct DueCallback: Comparable {
    let at: Timestamp
    let request: CallbackRequest

    static func < (left: DueCallback, right: DueCallback) -> Bool {
        (left.at, left.request.id) < (right.at, right.request.id)
    }

    static func == (left: DueCallback, right: DueCallback) -> Bool { left.request.id == right.request.id }
}
