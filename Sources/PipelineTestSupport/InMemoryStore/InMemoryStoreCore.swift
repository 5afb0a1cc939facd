package import PipelineCore

/// The state of an ``InMemoryStore`` and all it does, synchronous and a value: a copy is a snapshot, and a simulation
/// on one thread uses it without a task. It is the model that the database drivers are compared with.
package struct InMemoryStoreCore: Sendable {
    package internal(set) var epoch: Int64 = 0
    package internal(set) var leader: String?
    /// Open requests by number.
    var requests: [Int: SchedulerRequest] = [:]
    var lastRequest = 0
    var leaseTakenAt: Timestamp?
    var leaseRenewedAt: Timestamp?
    package internal(set) var runs: [RunKey: DAGRun] = [:]
    var tasks: [RunKey: [UUID7: TaskInstance]] = [:]
    var tryIDs: [TaskInstanceKey: UUID7] = [:]
    var keys: [UUID7: TaskInstanceKey] = [:]
    var histories: [TaskInstanceKey: [TaskInstance]] = [:]
    var pokes: [UUID7: [TaskReschedule]] = [:]
    var renderedFields: [TaskInstanceKey: JSONObject] = [:]
    package internal(set) var xcoms: [TaskInstanceKey: [String: XCom]] = [:]
    var tracking = InMemoryTracking()
    var hitlDetails: [UUID7: HITLDetail] = [:]
    var backfillRows: [Int: Backfill] = [:]
    /// By backfill, in the order of their ordinals.
    var backfillDates: [Int: [BackfillRun]] = [:]
    var lastBackfill = 0
    /// Archived rows (DAG and run) by the name of their table.
    var archives: [String: [[String?]]] = [:]
    package internal(set) var callbacks: [UUID7: CallbackRequest] = [:]
    package internal(set) var deadlines: [UUID7: Deadline] = [:]
    var variables: [String: Variable] = [:]
    var connections: [String: Connection] = [:]
    var pools: [String: Pool]
    var dags: [String: DAGRecord] = [:]
    var versions: [String: [DAGVersion]] = [:]
    var importErrors: [ImportError] = []
    var parsedFiles: [String: [UInt8]] = [:]
    var parsedFileOrder: [String] = []
    var assetRows: [AssetKey: AssetRecord] = [:]
    package internal(set) var events: [AssetEvent] = []
    var eventIDs: [AssetEventIdentity: Int] = [:]
    /// When each event was registered, by its id.
    var registrations: [Int: Timestamp] = [:]
    var assetQueue = AssetQueue()
    var partitionQueue = PartitionQueue()
    /// The ids of the events that each run consumes.
    var consumedEvents: [RunKey: Set<Int>] = [:]
    var state: [StateOwner: [String: JSONValue]] = [:]

    /// Bytes of parsed files that are kept; the oldest go first.
    package var maximumParsedFileBytes = 64 << 20
    /// Commits asked for so far, refused ones included.
    package internal(set) var commitCount = 0
    /// Faults by the number (counted from 1) of the commit that they strike.
    package var commitFaults: [Int: CommitFault] = [:]

    package init() { pools = [Pool.defaultName: Self.defaultPool] }

    /// What goes wrong in a commit.
    package enum CommitFault: Sendable, Hashable {
        /// Nothing was written.
        case beforeEffect(StoreError.Code)
        /// Everything was written, but the caller is told that it failed: a lost acknowledgement.
        case afterEffect(StoreError.Code)
    }

    /// What makes an event the same one when its commit is repeated.
    struct AssetEventIdentity: Hashable {
        var source: TaskInstanceKey
        var timestamp: Timestamp
        var ordinal: Int
    }

    enum StateOwner: Hashable {
        case task(TaskInstanceKey)
        case asset(AssetKey)
    }

    static let defaultPool = Pool(name: Pool.defaultName, slots: Pool.defaultSlots, description: "Default pool")
}

extension InMemoryStoreCore {
    /// See ``RunStore/commit(_:epoch:)``; strikes the faults planned in ``commitFaults``.
    package mutating func commit(_ changes: [StoreChange], epoch: Int64) throws(StoreError) {
        commitCount += 1
        let fault = commitFaults[commitCount]
        if case .beforeEffect(let code) = fault { throw StoreError(code, "planned before commit \(commitCount)") }
        guard epoch >= self.epoch else {
            throw StoreError(.staleEpoch, "epoch \(epoch) was superseded by \(self.epoch)", location: "memory")
        }
        try verify(changes)
        for change in changes { apply(change) }
        if case .afterEffect(let code) = fault { throw StoreError(code, "planned after commit \(commitCount)") }
    }

    /// Finds what a foreign key or a check of the schema would refuse, before anything is changed.
    private func verify(_ changes: [StoreChange]) throws(StoreError) {
        var added: Set<RunKey> = []
        for change in changes {
            switch change {
            case .saveRun(let run):
                guard run.state.isFinished == (run.endDate != nil) else { throw Self.unended(run) }
                added.insert(run.key)
            case .saveTask(let task), .archiveTask(let task):
                guard runs[task.key.run] != nil || added.contains(task.key.run) else {
                    throw Self.missing(task.key.run)
                }
            case .consumeAssetEvents(let consumption):
                guard runs[consumption.run] != nil || added.contains(consumption.run) else {
                    throw Self.missing(consumption.run)
                }
            case .partition(.consume(let run, _)):
                guard runs[run] != nil || added.contains(run) else { throw Self.missing(run) }
            default: break
            }
        }
    }

    static func missing(_ run: RunKey) -> StoreError {
        StoreError(.notFound, "there is no run \(run)", location: "memory")
    }

    private static func unended(_ run: DAGRun) -> StoreError {
        StoreError(
            .invalid,
            "run \(run.key) is \(run.state.rawValue) and its end date is \(run.endDate?.apiFormat ?? "not set")",
            location: "memory")
    }

    private mutating func apply(_ change: StoreChange) {
        switch change {
        case .saveRun(let run): save(run)
        case .saveTask(let task): save(task)
        case .archiveTask(let task): archive(task)
        case .saveReschedule(let poke): save(poke)
        case .deleteXComs(let key): xcoms[key] = nil
        case .saveAssetEvents(let task, let outlets, let events, let partition, let instant):
            let derived = OutletEvent.derived(outlets: outlets, events: events, partition: partition)
            saveAssetEvents(derived, of: task, at: instant)
        case .registerAssetEvents(let ids, let instant): for id in ids { register(id, at: instant) }
        case .queueAsset(let row): queue(row)
        case .dequeueAssets(let dagID, let assets):
            assetQueue.queued.removeAll { $0.dagID == dagID && assets.contains($0.asset) }
        case .consumeAssetEvents(let consumption): consume(consumption)
        case .saveAssetReferences(let dagID, let references):
            assetQueue.references[dagID] = references.isEmpty ? nil : references
        case .partition(let change): apply(change)
        case .setPaused(let dagID, let isPaused): _ = setPaused(isPaused, dagID: dagID)
        case .finishRequest(let number): requests[number] = nil
        case .saveBackfillRun(let date): save(date)
        case .finishBackfill(let id, let instant, let isCancelled):
            finishBackfill(id, at: instant, isCancelled: isCancelled)
        case .saveCallback(let request): save(request)
        case .finishCallback(let id): callbacks[id] = nil
        case .saveDeadline(let deadline): save(deadline)
        case .deleteDeadline(let id): deadlines[id] = nil
        }
    }

    package mutating func takeLeadership(holder: String, at instant: Timestamp) -> Int64 {
        epoch += 1
        leader = holder
        return epoch
    }

    package mutating func claimLease(holder: String, lasting: Duration, at instant: Timestamp) -> Int64? {
        // One that is renewed in the future was renewed before the clock was set back, and says nothing.
        if let renewed = leaseRenewedAt, renewed <= instant, renewed + lasting > instant { return nil }
        (leaseTakenAt, leaseRenewedAt) = (instant, instant)
        return takeLeadership(holder: holder, at: instant)
    }

    package mutating func renewLease(epoch: Int64, at instant: Timestamp) -> Bool {
        guard leaseRenewedAt != nil, epoch == self.epoch else { return false }
        leaseRenewedAt = instant
        return true
    }

    package mutating func releaseLease(epoch: Int64) {
        if epoch == self.epoch { leaseRenewedAt = nil }
    }

    package func lease(at instant: Timestamp) -> SchedulerLease? {
        guard let renewed = leaseRenewedAt else { return nil }
        return SchedulerLease(
            holder: leader ?? "", epoch: epoch, takenAt: leaseTakenAt, age: max(.zero, instant - renewed))
    }

    package mutating func reset() {
        var fresh = InMemoryStoreCore()
        fresh.epoch = epoch + 1
        fresh.commitCount = commitCount
        fresh.commitFaults = commitFaults
        fresh.maximumParsedFileBytes = maximumParsedFileBytes
        self = fresh
    }
}
