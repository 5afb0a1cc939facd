import PipelineCore

/// The operations of a commit: as few statements as its changes allow, each with many rows.
///
/// Changes of different tasks and runs do not touch each other, so they may trade places. Changes are sorted into
/// phases (runs, archived tries, XComs, live tries, ...); a change that would have to go before one of the same task
/// that stands in a later phase, or of the same phase under another identity, begins a new block.
struct CommitPlan {
    /// Most rows of one operation: PostgreSQL gets the rows of an operation as arrays, which are made one after the other.
    private static let maximumRows = 500

    private(set) var operations: [SQLOperation]
    private let library: StatementLibrary
    private var block = Block()

    init(_ changes: [StoreChange], epoch: Int64, library: StatementLibrary) {
        self.library = library
        let stale = StoreError(.staleEpoch, "epoch \(epoch) was superseded: another scheduler has taken over")
        operations = [SQLOperation(library["VerifyEpoch"], rows: [[.int(epoch)]], requirement: stale)]
        for change in changes { add(change) }
        flush()
    }

    private mutating func add(_ change: StoreChange) {
        switch change {
        case .saveRun(let run): block.save(run)
        case .saveTask(let task):
            if !block.reserve(.save, id: task.id, key: task.key) { flush(reserving: .save, task) }
            block.saved[task.id] = change
        case .archiveTask(let task):
            if !block.reserve(.archive, id: task.id, key: task.key) { flush(reserving: .archive, task) }
            block.archived[task.id] = task.row
        case .deleteXComs(let key):
            if block.deletedXComs.insert(key).inserted { block.xcomRows.append(key.row) }
        case .saveReschedule(let poke): block.pokes[[.uuid(poke.tryID), .timestamp(poke.startDate)]] = poke.row
        case .saveAssetEvents(let task, let outlets, let events, let partition, let instant):
            keepWindows()
            block.add(
                OutletEvent.derived(outlets: outlets, events: events, partition: partition), of: task, at: instant)
        case .partition(let change): add(change)
        case .finishRequest(let number): block.finishedRequests.append([.int(number)])
        case .saveBackfillRun(let date): block.backfillRuns[[.int(date.backfillID), .int(date.sortOrdinal)]] = date.outcomeRow
        case .finishBackfill(let id, let instant, let isCancelled):
            block.finishedBackfills[id] = [.int(id), .timestamp(instant), .bool(isCancelled)]
        case .registerAssetEvents, .queueAsset, .dequeueAssets, .consumeAssetEvents, .saveAssetReferences:
            addScheduling(change)
        case .saveCallback, .finishCallback, .saveDeadline, .deleteDeadline: addCallback(change)
        case .setPaused(let dagID, let isPaused): block.paused[[.text(dagID)]] = [.text(dagID), .bool(isPaused)]
        }
    }

    /// Changes of what is to run, and of deadlines: of one id, the last counts; nothing comes back that has gone.
    private mutating func addCallback(_ change: StoreChange) {
        switch change {
        case .saveCallback(let request): block.callbacks[request.id] = request.row
        case .finishCallback(let id): block.finishedCallbacks[id] = [.uuid(id)]
        case .saveDeadline(let deadline): block.deadlines[deadline.id] = deadline.row
        case .deleteDeadline(let id): block.deletedDeadlines[id] = [.uuid(id)]
        default: preconditionFailure("\(change) is no change of a callback")
        }
    }

    /// Changes of what assets start.
    private mutating func addScheduling(_ change: StoreChange) {
        switch change {
        case .registerAssetEvents(let ids, let instant):
            keepWindows()
            for id in ids { block.registered[id] = [.int(id), .timestamp(instant)] }
        case .queueAsset(let queued):
            keepWindows()
            let key = [.text(queued.dagID)] + queued.asset.row
            if block.queued[key] == nil { block.queued[key] = key + [.timestamp(queued.at)] }
        case .dequeueAssets(let dagID, let assets):
            for asset in assets { block.dequeued[[.text(dagID)] + asset.row] = [.text(dagID)] + asset.row }
        case .consumeAssetEvents(let consumption):
            if block.consuming[consumption.run.dagID] != nil { flush() }
            block.consuming[consumption.run.dagID] = consumption.row
        case .saveAssetReferences(let dagID, let references):
            block.references[dagID] = references.map { [.text(dagID)] + $0.asset.row + [.timestamp($0.since)] }
            block.referring[dagID] = [.text(dagID)]
        default: preconditionFailure("\(change) starts nothing")
        }
    }

    private mutating func add(_ change: PartitionChange) {
        switch change {
        case .save(let row):
            keepPartitions()
            block.partitions[row.target] = row.row
        case .arrive(let arrival):
            keepPartitions()
            block.arrivals.append(arrival.row)
        case .consume(let run, let target):
            block.consumedPartitions[target] = [.text(run.dagID), .text(run.runID), .text(target.key)]
        case .remove(let target): block.removedPartitions[target] = [.text(target.dagID), .text(target.key)]
        case .ask(let question):
            if !block.settled.isEmpty { flush() }
            block.asked.append(question.row)
        case .settle(let question): block.settled.append(Array(question.row.prefix(8)))
        }
    }

    /// What comes after a partition was taken or dropped belongs to the next one of its key.
    private mutating func keepPartitions() {
        if !block.consumedPartitions.rows.isEmpty || !block.removedPartitions.rows.isEmpty { flush() }
    }

    /// An event that comes after a window was read, or a queue emptied, belongs to the next one.
    private mutating func keepWindows() {
        if !block.consuming.rows.isEmpty || !block.dequeued.rows.isEmpty { flush() }
    }

    private mutating func flush(reserving phase: Block.Phase, _ task: TaskInstance) {
        flush()
        _ = block.reserve(phase, id: task.id, key: task.key)
    }

    private mutating func flush() {
        let saved = block.savedRows
        append("SaveRun", block.runs.rows)
        append("ArchiveTask", block.archived.rows)
        append("RemoveTask", block.archived.rows.map { [$0[0]] })
        append("DeleteXComs", block.xcomRows)
        append("DisplaceTask", saved.converted { row in Array(row[1...4]) + [row[0]] })
        append("SaveTask", saved)
        append("SaveReschedule", block.pokes.rows)
        append("CreateAsset", block.createdAssets.rows)
        append("SaveAssetEvent", block.assetEvents.rows)
        append("AssociateAlias", block.associated.rows)
        append("RegisterAssetEvent", block.registered.rows)
        append("QueueAsset", block.queued.rows)
        append("SavePartition", block.partitions.rows)
        append("LogPartition", block.arrivals)
        append("AskMapping", block.asked)
        append("SettleMapping", block.settled)
        append("ConsumePartition", block.consumedPartitions.rows)
        append("RemovePartition", block.removedPartitions.rows)
        append("ConsumeAssetEvents", block.consuming.rows)
        append("DequeueAsset", block.dequeued.rows)
        append("DeleteAssetReferences", block.referring.rows)
        append("SaveAssetReference", block.references.rows.flatMap(\.self))
        append("SetPaused", block.paused.rows)
        append("SaveBackfillRun", block.backfillRuns.rows)
        append("FinishBackfill", block.finishedBackfills.rows)
        append("FinishRequest", block.finishedRequests)
        append("SaveCallback", block.callbacks.rows)
        append("FinishCallback", block.finishedCallbacks.rows)
        append("SaveDeadline", block.deadlines.rows)
        append("DeleteDeadline", block.deletedDeadlines.rows)
        block = Block()
    }

    private mutating func append(_ statement: String, _ rows: [[SQLValue]]) { append(statement, SQLRows(rows)) }

    private mutating func append(_ statement: String, _ rows: SQLRows) {
        for chunk in rows.chunks(of: Self.maximumRows) {
            operations.append(SQLOperation(library[statement], rows: chunk))
        }
    }
}

extension CommitPlan {
    /// Changes that may be carried out phase by phase.
    fileprivate struct Block {
        enum Phase: Int {
            case archive, save
        }

        var runs = Rows<RunKey, [SQLValue]>()
        var archived = Rows<UUID7, [SQLValue]>()
        var deletedXComs: Set<TaskInstanceKey> = []
        var xcomRows: [[SQLValue]] = []
        /// The changes themselves: their rows are made when they are bound.
        var saved = Rows<UUID7, StoreChange>()
        var pokes = Rows<[SQLValue], [SQLValue]>()
        var createdAssets = Rows<[SQLValue], [SQLValue]>()
        var assetEvents = Rows<[SQLValue], [SQLValue]>()
        var associated = Rows<[SQLValue], [SQLValue]>()
        var registered = Rows<Int, [SQLValue]>()
        var queued = Rows<[SQLValue], [SQLValue]>()
        var consuming = Rows<String, [SQLValue]>()
        var dequeued = Rows<[SQLValue], [SQLValue]>()
        var referring = Rows<String, [SQLValue]>()
        var references = Rows<String, [[SQLValue]]>()
        var partitions = Rows<PartitionTarget, [SQLValue]>()
        var arrivals: [[SQLValue]] = []
        var consumedPartitions = Rows<PartitionTarget, [SQLValue]>()
        var removedPartitions = Rows<PartitionTarget, [SQLValue]>()
        var asked: [[SQLValue]] = []
        var settled: [[SQLValue]] = []
        var paused = Rows<[SQLValue], [SQLValue]>()
        var finishedRequests: [[SQLValue]] = []
        var backfillRuns = Rows<[SQLValue], [SQLValue]>()
        var finishedBackfills = Rows<Int, [SQLValue]>()
        var callbacks = Rows<UUID7, [SQLValue]>()
        var finishedCallbacks = Rows<UUID7, [SQLValue]>()
        var deadlines = Rows<UUID7, [SQLValue]>()
        var deletedDeadlines = Rows<UUID7, [SQLValue]>()
        private var byID: [UUID7: (phase: Phase, key: TaskInstanceKey)] = [:]
        private var byKey: [TaskInstanceKey: (phase: Phase, id: UUID7)] = [:]

        var savedRows: SQLRows {
            let changes = saved.rows
            return SQLRows(count: changes.count) { index in
                guard case .saveTask(let task) = changes[index] else { preconditionFailure("only tasks are saved here") }
                return task.row
            }
        }

        /// The note of a new run is the one it was first saved with.
        mutating func save(_ run: DAGRun) {
            var row = run.row
            if let known = runs[run.key] { row[Self.noteColumn] = known[Self.noteColumn] }
            runs[run.key] = row
        }

        /// The position of `note` in `RunColumns`.
        private static let noteColumn = 19

        /// Whether a change of this phase may join the block.
        mutating func reserve(_ phase: Phase, id: UUID7, key: TaskInstanceKey) -> Bool {
            if let known = byID[id], known.phase.rawValue > phase.rawValue || known.key != key || known.phase != phase {
                return false
            }
            if let known = byKey[key], known.phase.rawValue > phase.rawValue || (known.phase == phase && known.id != id)
            {
                return false
            }
            byID[id] = (phase, key)
            byKey[key] = (phase, id)
            return true
        }

        mutating func add(_ events: [OutletEvent], of task: TaskInstanceKey, at instant: Timestamp) {
            for (ordinal, event) in events.enumerated() {
                if let extra = event.createdAssetExtra {
                    let key: [SQLValue] = [.text(event.name), .text(event.uri)]
                    if createdAssets[key] == nil { createdAssets[key] = key + [.json(extra)] }
                    for alias in event.aliasNames { associated[[.text(alias)] + key] = [.text(alias)] + key }
                }
                let key = task.row + [.timestamp(instant), .int(ordinal)]
                assetEvents[key] = key + [
                    .json(event.extra), .json(.array(event.aliasNames.map { .string($0) })), .text(event.name),
                    .text(event.uri), .bool(!event.isThroughAlias), .text(event.partitionKey),
                ]
            }
        }
    }

    /// Rows in the order of their first mention; a later row of the same identity takes the place of the earlier.
    fileprivate struct Rows<Identity: Hashable, Row> {
        private(set) var rows: [Row] = []
        private var positions: [Identity: Int] = [:]

        subscript(identity: Identity) -> Row? {
            get { positions[identity].map { rows[$0] } }
            set {
                guard let newValue else { return }
                if let position = positions[identity] {
                    rows[position] = newValue
                } else {
                    positions[identity] = rows.count
                    rows.append(newValue)
                }
            }
        }
    }
}
