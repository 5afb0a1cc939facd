import PipelineCore

/// A store in memory: a commit happens as a whole or not at all, and a repeated commit changes nothing.
struct SimulatedStore {
    struct Place: Hashable, Comparable {
        var task: TaskInstanceKey
        var name: String

        static func < (left: Place, right: Place) -> Bool { (left.task, left.name) < (right.task, right.name) }
    }

    private(set) var runs: [RunKey: DAGRun] = [:]
    private(set) var rows: [TaskInstanceKey: TaskInstance] = [:]
    /// Where the row of a try is.
    private(set) var places: [UUID7: TaskInstanceKey] = [:]
    private(set) var archive: [UUID7: TaskInstance] = [:]
    private(set) var xcoms: [Place: XComNotice] = [:]
    private(set) var pausedDAGs: Set<String> = []
    /// How often each run has ended, and how often its DAG's callback was wished for.
    private var endings: [RunKey: Int] = [:]
    private var callbacks: [RunKey: Int] = [:]
    private var callbackIDs: Set<UUID7> = []
    /// What broke a rule of the store: shown by the next check of the invariants.
    private(set) var problems: [String] = []

    /// The row that a change of a task is about to replace.
    func row(before task: TaskInstance) -> TaskInstance? {
        rows[task.key] ?? places[task.id].flatMap { rows[$0] }
    }

    /// Runs whose ends and callbacks do not come to the same.
    func unansweredEnds(of dags: Set<String>) -> [String] {
        endings.keys.sorted().filter { dags.contains($0.dagID) && endings[$0] != callbacks[$0] }
            .map { "run \($0) ended \(endings[$0] ?? 0) times, with \(callbacks[$0] ?? 0) callbacks" }
    }

    mutating func commit(_ changes: [StoreChange]) {
        for change in changes { apply(change) }
    }

    mutating func push(_ notice: XComNotice, _ task: TaskInstanceKey) {
        xcoms[Place(task: task, name: notice.key)] = notice
    }

    mutating func setPaused(_ dagID: String, _ isPaused: Bool) {
        if isPaused { pausedDAGs.insert(dagID) } else { pausedDAGs.remove(dagID) }
    }

    private mutating func apply(_ change: StoreChange) {
        switch change {
        case .saveRun(let run): save(run)
        case .saveTask(let task): save(task)
        case .archiveTask(let task):
            archive[task.id] = task
            if !task.isFinished { problems.append("archived unfinished: \(task.key) \(String(describing: task.state))") }
            if rows[task.key]?.id == task.id { rows[task.key] = nil }
            places[task.id] = nil
        case .deleteXComs(let key):
            for place in xcoms.keys where place.task == key { xcoms[place] = nil }
        case .setPaused(let dagID, let isPaused): setPaused(dagID, isPaused)
        case .saveCallback(let request): wish(request)
        case .saveReschedule, .saveAssetEvents, .finishRequest, .registerAssetEvents, .queueAsset,
            .dequeueAssets, .consumeAssetEvents, .saveAssetReferences, .saveBackfillRun, .finishBackfill, .partition,
            .finishCallback, .saveDeadline, .deleteDeadline:
            break
        }
    }

    /// Each end of a run has its one callback.
    private mutating func wish(_ request: CallbackRequest) {
        guard case .dag(let isFailure, _, _) = request.work, callbackIDs.insert(request.id).inserted else { return }
        callbacks[request.run, default: 0] += 1
        if runs[request.run]?.state != (isFailure ? .failed : .success) {
            problems.append("a callback of \(request.run) says another end")
        }
    }

    private mutating func save(_ run: DAGRun) {
        let old = runs[run.key]
        // What is cleared may end again in the same turn.
        if run.state.isFinished, old?.state.isFinished != true || old?.clearNumber != run.clearNumber {
            endings[run.key, default: 0] += 1
        }
        if run.state.isFinished != (run.endDate != nil) { problems.append("end_date of run \(run.key) in \(run.state)") }
        runs[run.key] = run
    }

    private mutating func save(_ task: TaskInstance) {
        if task.isFinished != (task.endDate != nil) {
            problems.append("end_date of \(task.key) in \(String(describing: task.state))")
        }
        if archive[task.id] != nil { problems.append("an archived try is saved again: \(task.key)") }
        if let key = places[task.id], key != task.key { rows[key] = nil }
        if let old = rows[task.key] {
            checkTransition(old, task)
            places[old.id] = nil
        }
        rows[task.key] = task
        places[task.id] = task.key
    }

    private mutating func checkTransition(_ old: TaskInstance, _ new: TaskInstance) {
        guard old.id != new.id else {
            if !StateGraph.allows(old.state, new.state) {
                problems.append("\(new.key): \(StateGraph.name(old.state)) -> \(StateGraph.name(new.state))")
            }
            return
        }
        let isUntouched = old.state == nil || old.state == .upForRetry
        if !isUntouched { problems.append("\(new.key): a try in \(StateGraph.name(old.state)) was replaced, not archived") }
    }
}

/// The states that one try may go through, as the store may see them (several steps of one turn are one commit).
enum StateGraph {
    static func name(_ state: TaskState?) -> String { state?.rawValue ?? "none" }

    static func allows(_ old: TaskState?, _ new: TaskState?) -> Bool {
        if old == new { return true }
        switch old {
        case nil:
            return [.scheduled, .queued, .success, .skipped, .upstreamFailed, .removed, .failed, .deferred].contains(new)
        case .scheduled: return [.queued, .skipped, .removed, .failed, .success].contains(new)
        // Failures are archived, so that `up_for_retry` is the state of a new try. A poke that asks for a later one and
        // an upstream that failed meanwhile make `upstream_failed` in one commit.
        case .queued, .running: return new != nil && new != .upForRetry
        // A try may begin in its trigger, without having been scheduled.
        case .upForReschedule, .upForRetry:
            return [.scheduled, .queued, .success, .skipped, .upstreamFailed, .removed, .failed, .deferred].contains(new)
        case .deferred, .awaitingInput: return [.scheduled, .queued, .skipped, .removed, .failed, .success].contains(new)
        case .restarting: return [.skipped, .failed, .success, .removed].contains(new)
        // A person may set another final state; a shorter input removes instances.
        case .success, .failed, .skipped, .upstreamFailed: return [.success, .failed, .skipped, .removed].contains(new)
        case .removed: return [.success, .failed, .skipped].contains(new)
        }
    }
}
