import PipelineCore

/// The one store of a ``SimulatedCluster``: the model of all drivers, with a clock of its own and faults, and with every commit
/// checked.
struct ClusterStore {
    var core = InMemoryStoreCore()
    var evidence = Evidence()
    private(set) var problems: [String] = []
    /// Runs that are not over.
    private(set) var activeRuns: Set<RunKey> = []
    /// The run of each logical date.
    private var dates: [LogicalDate: RunKey] = [:]

    struct LogicalDate: Hashable {
        var dagID: String
        var date: Timestamp
    }

    /// A commit that has happened without anybody's knowing.
    private var unanswered: [StoreChange]?

    /// What goes wrong with the next commit.
    enum Fault { case before, after }

    /// A scheduler, and what it knew when it decided.
    struct Writer {
        let epoch: Int64
        /// What people do to pools is told to it a moment later.
        let pools: [Pool]
    }

    /// - Parameters:
    ///   - writer: who has decided the changes; `nil`: a command, which is no scheduler.
    ///   - epoch: what is written with them.
    mutating func commit(
        _ changes: [StoreChange], epoch: Int64, writer: Writer?, fault: Fault? = nil, versions: ClusterVersions
    ) throws(StoreError) {
        if fault == .before { throw StoreError(.unreachable, "before the commit") }
        let saves = self.saves(changes)
        let runs = self.runs(changes)
        let rows = core.tasks
        let isRepeated = unanswered == changes
        try core.commit(changes, epoch: epoch)
        if writer != nil { unanswered = fault == .after ? changes : nil }
        problems += EpochCheck.problems(writer?.epoch, inForce: core.epoch, changes)
        for run in runs { note(run.new) }
        // What is written once more has happened already.
        if !isRepeated { problems += checks(saves, runs, changes, rows, writer?.pools ?? [], versions) }
        if fault == .after { throw StoreError(.unreachable, "after the commit") }
    }

    func run(of dagID: String, at date: Timestamp) -> RunKey? { dates[LogicalDate(dagID: dagID, date: date)] }

    private mutating func checks(
        _ saves: [TaskSave], _ runs: [RunSave], _ changes: [StoreChange], _ rows: [RunKey: [UUID7: TaskInstance]],
        _ told: [Pool], _ versions: ClusterVersions
    ) -> [String] {
        var found: [String] = []
        for run in runs {
            found += RunStateCheck.problems(run) + VersionCheck.problems(run)
            found += InstantCheck.problems(run, &dates)
        }
        for save in saves {
            guard let dag = versions.dag(of: core.runs[save.new.key.run]) else { continue }
            found += TaskStateCheck.problems(save) + EvidenceCheck.problems(save, dag, evidence)
            if save.isStart(dag), !save.isByHand(evidence) {
                found += OrderCheck.problems(save, dag, core.tasks[save.new.key.run] ?? [:], before: rows[save.new.key.run] ?? [:], changes)
            }
        }
        let started = runs.filter { $0.new.state == .running && $0.old?.state != .running }.map(\.new)
        let restarted = runs.filter { $0.new.state == .running && $0.isCleared }.map(\.new)
        found += CapacityCheck.problems(ofStarted: started, or: restarted, activeRuns, core, versions)
        let admitted = saves.filter(\.isAdmission).map(\.new)
        // A try that begins in its trigger asks for no slot.
        let unasked = Set(saves.filter { $0.new.state == .deferred && $0.old?.state?.occupiesExecutor != true }.map(\.new.id))
        if !admitted.isEmpty { found += CapacityCheck.problems(ofAdmitted: admitted, without: unasked, activeRuns, core, told, versions) }
        return found
    }

    private mutating func note(_ run: DAGRun) {
        if run.state.isFinished { activeRuns.remove(run.key) } else { activeRuns.insert(run.key) }
    }

    /// The rows that change, each as the commit leaves it, with what was there before. What a row is in between nobody sees, and
    /// a commit that is repeated goes through it again.
    private func saves(_ changes: [StoreChange]) -> [TaskSave] {
        var saves: [TaskSave] = []
        var places: [UUID7: Int] = [:]
        var archived: Set<UUID7> = []
        for change in changes {
            var save: TaskSave
            switch change {
            case .saveTask(let task):
                let row = core.taskInstance(id: task.id) ?? core.tryIDs[task.key].flatMap { core.taskInstance(id: $0) }
                let old = row.flatMap { archived.contains($0.id) ? nil : $0 }
                save = TaskSave(new: task, old: old, isArchived: false, wasArchived: history(task))
            case .archiveTask(let task):
                archived.insert(task.id)
                let old = core.taskInstance(id: task.id)
                save = TaskSave(new: task, old: old, isArchived: true, wasArchived: history(task))
            default: continue
            }
            let place = places[save.new.id]
            save.steps = (place.map { saves[$0].steps } ?? []) + [save.new.state]
            if let place {
                saves[place] = save
            } else {
                places[save.new.id] = saves.count
                saves.append(save)
            }
        }
        return saves
    }

    private func history(_ task: TaskInstance) -> TaskInstance? {
        core.histories[task.key]?.first { $0.id == task.id }
    }

    private func runs(_ changes: [StoreChange]) -> [RunSave] {
        var last: [RunKey: DAGRun] = [:]
        for case .saveRun(let run) in changes { last[run.key] = run }
        return last.values.sorted { $0.key < $1.key }.map { RunSave(new: $0, old: core.runs[$0.key]) }
    }
}

/// One row of a task that a commit changes.
struct TaskSave {
    var new: TaskInstance
    /// The row of the same try, or of the same instance, before.
    var old: TaskInstance?
    var isArchived: Bool
    /// The try in the history before.
    var wasArchived: TaskInstance?
    /// The states that the try goes through in the commit, the last of which is that of `new`.
    var steps: [TaskState?] = []

    /// It is handed to an executor.
    var isAdmission: Bool {
        !isArchived && new.state == .queued
            && (old?.id != new.id || old?.state != .queued || old?.launchNumber != new.launchNumber)
    }

    /// A person has set its state: that is no try.
    func isByHand(_ evidence: Evidence) -> Bool {
        new.isFinished && evidence.touched.contains(new.key) && old?.id == new.id && old?.tryNumber == new.tryNumber
    }

    /// It begins, not having run before.
    func isStart(_ dag: DAG) -> Bool {
        guard !isArchived else { return false }
        let isEmptySuccess = dag[new.taskID]?.isEmpty == true && new.state == .success
        let starts = [.scheduled, .queued, .deferred].contains(new.state) || isEmptySuccess
        let wasPending = old?.state == nil || old?.state == .upForRetry || old?.state == .upForReschedule
        return starts && (wasPending || old?.id != new.id)
    }
}

/// One row of a run that a commit changes.
struct RunSave {
    var new: DAGRun
    var old: DAGRun?

    /// It may have been over in between, and started again.
    var isCleared: Bool { new.clearNumber != old?.clearNumber }
}

/// What has really happened to tries, whatever the schedulers make of it.
struct Evidence {
    /// Tries of which a process, or a trigger that ends its task, said so.
    var successes: Set<UUID7> = []
    var failures: Set<UUID7> = []
    /// Launches whose process is known to be gone without a word, by try.
    var losses: [UUID7: Int] = [:]
    /// Instances that a person has touched, and runs.
    var touched: Set<TaskInstanceKey> = []
    var touchedRuns: Set<RunKey> = []
    /// What triggers have said.
    var fired: Set<LaunchID> = []
}

/// All versions of the DAGs.
struct ClusterVersions {
    private(set) var all: [UUID7: ClusterDAG] = [:]
    private(set) var latest: [String: ClusterDAG] = [:]

    mutating func push(_ dag: ClusterDAG) {
        all[dag.versionID] = dag
        latest[dag.dag.id] = dag
    }

    func dag(of run: DAGRun?) -> DAG? { run?.dagVersionID.flatMap { all[$0]?.dag } }
}
