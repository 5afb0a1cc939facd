import PipelineCore

/// A scheduler process as a value of steps: it does what `SchedulerService`, `Scheduler` and the executors do, one step at a
/// time, so that anything can happen in between. What decides (the machine, planners, ``SchedulerTurn``, ``LeaseTenure``) is
/// the program's own code.
final class SimulatedScheduler {
    enum Phase: Equatable {
        case down(until: Duration)
        case standby
        case leading
    }

    /// A turn under way.
    struct Pending {
        var turn: SchedulerTurn
        /// What the machine knew of them when it decided.
        var pools: [Pool]
        var isCommitted = false
        /// Actions that were carried out.
        var done = 0
        /// With ``Breakage/twoCommits``: what is left for the second.
        var rest: [StoreChange]?
    }

    unowned let cluster: SimulatedCluster
    let number: Int
    let host: String
    var phase = Phase.standby
    /// Counts its processes: a new one remembers nothing.
    var life = 0
    var frozenUntil: Duration?
    /// Since when it goes on after it stood still.
    var thawedAt: Duration?
    var isCutFromStore = false
    var isCutFromPods = false
    var wallOffset = Duration.zero
    var nextClaim = Duration.zero

    // As the leader.
    var epoch: Int64 = 0
    var tenure = LeaseTenure(askedAt: .zero)
    var nextRenewal = Duration.zero
    var machine = SchedulerStateMachine(limits: SchedulerLimits(), pools: [], seed: 0)
    var planners: [any RunPlanner] = []
    var inbox: [SchedulerEvent] = []
    var pending: Pending?
    var known = Known()
    var active: Set<RunKey> = []
    /// Pods that it looks at, with the reports it has had of each.
    var watched: [PodName: Int] = [:]
    /// Pods that could not be made yet.
    var creations: [TaskLaunch] = []
    /// Those of them that were to end before.
    var endedCreations: Set<LaunchID> = []
    /// Launches on other machines, which count as lost then.
    var awaitedLosses: [(at: Duration, launch: LaunchID)] = []
    /// Taken over, and not settled yet: ``settle()`` follows directly on the first turn, before anything else is listened to.
    var unsettled: [RunKey]?
    var isSettled: Bool { unsettled == nil }
    /// Ends that were asked for before that: what is gone on with then is not known yet.
    var earlyTerminations: [(id: LaunchID, reason: TerminationReason)] = []
    var launched: Set<LaunchID> = []
    /// Schedules that were read, and not told yet.
    var readSchedules: [DAGSchedule]?
    var mustRefresh = false

    /// What it has been told of the store.
    struct Known {
        var pools: [Pool] = []
        var pauses: [String: Bool] = [:]
        var requests: Set<Int> = []
        var assetEvents: Set<Int> = []
    }

    init(_ cluster: SimulatedCluster, number: Int, host: String) {
        self.cluster = cluster
        self.number = number
        self.host = host
    }

    var breakage: Breakage? { cluster.scenario.breakage }
    var wall: Timestamp { ClusterDAG.start + cluster.time + wallOffset }
    var isFrozen: Bool { frozenUntil != nil }
    var isLeading: Bool { phase == .leading }
    /// It can do something.
    var isAwake: Bool { isLeading && !isFrozen }

    /// With ``Breakage/launchWithoutLease`` it is sure of itself.
    var mayAct: Bool { breakage == .launchWithoutLease || tenure.isInForce(at: cluster.time) }

    var nextWake: Timestamp? { ([machine.nextWake] + planners.map(\.nextWake)).compactMap(\.self).min() }

    var hasWork: Bool {
        guard isAwake else { return false }
        if pending != nil || !inbox.isEmpty || !isSettled { return true }
        return nextWake.map { $0 <= wall } ?? false
    }

    /// One step of its work.
    func work() {
        guard pending == nil else { return pending?.isCommitted == true ? carryOut() : commit() }
        guard !isCutFromStore else { return }
        if inbox.isEmpty, !isSettled { return settle() }
        beginTurn()
    }

    // MARK: - Turns

    private func beginTurn() {
        let events = inbox
        inbox = []
        var turn = SchedulerTurn(events, at: wall, &machine)
        while let plan = turn.ask(&planners) {
            turn.create(plan.runs.compactMap { planned in snapshot(of: planned).map { (planned, $0) } }, &machine)
        }
        cluster.note("\(number): turn of \(events.count) events, \(turn.actions.count) actions")
        pending = Pending(turn: turn, pools: known.pools)
    }

    private func commit() {
        guard var current = pending else { return }
        var changes = current.rest ?? current.turn.changes
        var rest: [StoreChange]?
        if breakage == .twoCommits, current.rest == nil {
            let late = changes.filter(\.isCause)
            if !late.isEmpty { (rest, changes) = (late, changes.filter { !$0.isCause }) }
        }
        guard changes.isEmpty || write(changes) else { return }
        current.rest = rest
        current.isCommitted = rest == nil
        pending = current
    }

    /// - Returns: whether it is written; if not, it is tried again, or the leadership is lost.
    private func write(_ changes: [StoreChange]) -> Bool {
        guard !isCutFromStore else { return false }
        do {
            let written = breakage == .forgedEpoch ? cluster.store.core.epoch : epoch
            try cluster.store.commit(
                changes, epoch: written, writer: ClusterStore.Writer(epoch: epoch, pools: pending?.pools ?? []),
                fault: cluster.takeStoreFault(), versions: cluster.versions)
            committed(changes)
            return true
        } catch where error.code == .staleEpoch {
            lose("stale epoch")
            return false
        } catch {
            cluster.note("\(number): \(error.message)")
            return false
        }
    }

    private func committed(_ changes: [StoreChange]) {
        cluster.note("\(number): commits \(changes.subjects.joined(separator: ", "))")
        for change in changes {
            switch change {
            case .saveRun(let run): if run.state.isFinished { active.remove(run.key) } else { active.insert(run.key) }
            case .saveTask(let task) where task.state?.occupiesExecutor != true, .archiveTask(let task):
                endIsDurable(LaunchID(tryID: task.id, number: task.launchNumber))
            default: break
            }
        }
    }

    private func carryOut() {
        guard let current = pending else { return }
        guard current.done < current.turn.actions.count else {
            pending = nil
            return
        }
        pending?.done += 1
        switch current.turn.actions[current.done] {
        // Nothing to be seen from outside: the next one at once.
        case .store, .runEnded: carryOut()
        case .launch(let launch): begin(launch)
        case .terminate(let id, let reason): terminate(id, reason)
        }
    }

    private func begin(_ launch: TaskLaunch) {
        guard mayAct else { return lose("its lease is over") }
        self.launch(launch)
    }
}

extension StoreChange {
    /// It says why a run has come into being.
    fileprivate var isCause: Bool {
        switch self {
        case .dequeueAssets, .consumeAssetEvents, .queueAsset, .registerAssetEvents, .finishRequest: true
        default: false
        }
    }
}
