/// Decides what happens to runs and tasks: an event in, the actions out. It reads no clock and no store, draws no
/// random numbers but from its own seeded generator, and does nothing by itself (architecture decision D4).
///
/// Contract with the service that holds it:
/// - all ``SchedulerAction/store(_:)`` actions of one call are committed together, before the others are carried out;
/// - a commit that failed is repeated, or the machine is thrown away and rebuilt from the store;
/// - after a start, all unfinished runs come in by ``SchedulerEvent/runLoaded(_:)``, one directly after the other: only
///   the next event of another kind starts anything (``nextWake`` asks for one at once), since limits are known only
///   when all runs are. The executors then report every try that the store shows in their hands; processes of any other
///   try are leftovers, which they end first.
/// - a finished run is loaded to be cleared or to have a state set: it leaves again after that event.
package struct SchedulerStateMachine: ~Copyable {
    package let limits: SchedulerLimits
    /// The machine whose executor starts what is launched: the row of a queued try names it until the executor says where
    /// it runs, so that another scheduler knows where a process may be of which nobody has written down a number.
    let host: String
    /// Who is told of ends.
    let notifications: [NotificationRule]
    /// When the event being handled happened.
    var now = Timestamp(microseconds: 0)
    private var generator: SplitMix64

    var runs: [RunKey: RunExecution] = [:]
    var dags: [String: DAGActivity] = [:]
    var pausedDAGs: Set<String> = []
    /// Limits of the backfills that are not completed, by id.
    var backfills: [Int: BackfillLimit] = [:]
    var plans: [ObjectIdentifier: (plan: DAGPlan, users: Int)] = [:]

    var pools: [PoolUse] = []
    var poolIndexes: [String: Int32] = [:]
    /// Instances with a process, over all runs.
    var occupied = 0

    /// Tries that reports may name: those with a process, deferred, or waiting for a poke.
    var tries: [UUID7: InstanceRef] = [:]
    /// Launches that were ended from outside and have not reported their end.
    var zombies: [LaunchID: InstanceRef] = [:]

    /// Runs were loaded, and nothing has followed from it yet.
    private var hasLoaded = false

    var timers = BinaryHeap<SchedulerTimer>()
    var nextSequence: UInt64 = 0

    /// Tasks and instances whose dependencies are to be looked at, in order.
    var work = WorkQueue()
    var touchedRuns: [RunExecution] = []
    var wokenDAGs: [String] = []
    /// Runs with scheduled instances.
    var readyRuns: [RunExecution] = []
    var turn = Turn()

    package init(
        limits: SchedulerLimits, pools: [Pool], seed: UInt64, host: String = "", notifications: [NotificationRule] = []
    ) {
        self.limits = limits
        self.host = host
        self.notifications = notifications
        generator = SplitMix64(seed: seed)
        setPools(pools)
    }

    /// Takes in one event and returns what is to be done. Events that are out of date change nothing.
    package mutating func handle(_ event: SchedulerEvent, now: Timestamp) -> [SchedulerAction] {
        self.now = now
        fireTimers()
        apply(event)
        if case .runLoaded = event {
            hasLoaded = true
        } else {
            hasLoaded = false
            settle()
        }
        return flush()
    }

    /// When ``SchedulerEvent/timeReached`` is due next; `nil` when nothing becomes due by itself.
    package var nextWake: Timestamp? { hasLoaded ? now : timers.first?.at }

    /// The runs in the machine that are not over, in order.
    package var activeRuns: [RunKey] {
        runs.values.filter { !$0.run.state.isFinished }.map(\.run.key).sorted()
    }

    /// Whether a launch of any run is alive, also of one that is over.
    package var hasProcesses: Bool { runs.values.contains { $0.hasProcesses } }

    /// Whether a run is in the machine, also one that is over but has processes.
    package func holds(_ key: RunKey) -> Bool { runs[key] != nil }

    /// A run in the machine; `nil` once it is over and forgotten.
    package func run(_ key: RunKey) -> DAGRun? { runs[key]?.run }

    /// Whether a run with this id or this logical date is in the machine.
    package func holdsRun(like run: DAGRun) -> Bool {
        if runs[run.key] != nil { return true }
        guard let date = run.logicalDate else { return false }
        return dags[run.key.dagID]?.runs.contains { $0.run.logicalDate == date } ?? false
    }

    /// The task instances of a run in the machine, by task in the order of the DAG, then by map index.
    package func taskInstances(_ key: RunKey) -> [TaskInstance] {
        guard let run = runs[key] else { return [] }
        return run.slots.flatMap { $0.instances.map { run.instances[$0].task } }
    }

    mutating func makeID() -> UUID7 { UUID7(at: now, using: &generator) }

    private mutating func apply(_ event: SchedulerEvent) {
        switch event {
        case .runCreated(let snapshot): create(snapshot)
        case .runLoaded(let snapshot): load(snapshot)
        case .taskStarted(let id, let process): taskStarted(id, process)
        case .taskWaits(let id, let reason): taskWaits(id, reason)
        case .taskEnded(let id, let outcome): taskEnded(id, outcome)
        case .launchFailed(let id, let reason): taskEnded(id, .died(reason: reason))
        case .taskLost(let id, let reason): taskLost(id, reason, isCounted: true)
        case .taskStopped(let id, let reason): taskLost(id, reason, isCounted: false)
        case .downstreamSkipped(let id, let targets): skipDownstream(id, targets)
        case .xcomPushed(let key, let notice): xcomPushed(key, notice)
        case .mapIndexRendered(let id, let text): mapIndexRendered(id, text)
        case .triggerFired(let id, let outcome): triggerFired(id, outcome)
        case .tasksCleared(let request): clear(request)
        case .tasksClearedOnVersion(let request, let change): clear(request, on: change)
        case .taskStateSet(let key, let state): setStateByHand(key, state)
        case .runCancelled(let key, let reason): cancel(key, reason)
        case .poolsChanged(let pools): setPools(pools)
        case .dagPaused(let dagID, let isPaused): setPaused(dagID, isPaused)
        case .backfillsChanged(let backfills): setBackfills(backfills.map(\.backfill))
        case .backfillCancelled(let id): cancelBackfill(id)
        case .requestTaken(let number): turn.changes.append(.finishRequest(number))
        case .timeReached, .schedulesChanged, .schedulesRemoved, .nextRunKnown, .activeAssetsChanged,
            .assetEventsCreated, .partitionMapped: break
        }
    }

    /// Follows all consequences of an event until nothing changes any more, then admits tasks.
    private mutating func settle() {
        followConsequences()
        admit()
    }

    mutating func followConsequences() {
        while true {
            if let item = work.next() {
                evaluate(item)
            } else if let run = touchedRuns.popLast() {
                conclude(run)
            } else if let dagID = wokenDAGs.popLast() {
                startQueuedRuns(dagID)
            } else {
                break
            }
        }
    }
}
