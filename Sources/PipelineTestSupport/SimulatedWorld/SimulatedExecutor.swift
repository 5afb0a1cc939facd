import PipelineCore

/// Processes and their reports. What a try does is decided by the seed, the instance and the try number alone, so that
/// a crash does not change what a task is about.
struct SimulatedExecutor {
    struct Process {
        var launch: TaskLaunch
        var isStarted = false
        var isTerminated = false
    }

    /// Processes that are alive, in the order of their launches.
    private(set) var processes: [Process] = []
    /// Reports on their way.
    var reports: [SchedulerEvent] = []
    /// Tries of which a success was reported.
    private(set) var successes: Set<UUID7> = []
    /// Launches that were ever asked for: the executor ignores a repeated one.
    private var known: Set<LaunchID> = []
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    mutating func launch(_ launch: TaskLaunch) {
        guard known.insert(launch.id).inserted else { return }
        processes.append(Process(launch: launch))
    }

    mutating func terminate(_ id: LaunchID) {
        guard let index = processes.firstIndex(where: { $0.launch.id == id }) else { return }
        processes[index].isTerminated = true
    }

    mutating func start(_ index: Int, at now: Timestamp) {
        guard !processes[index].isStarted else { return }
        processes[index].isStarted = true
        reports.append(.taskStarted(processes[index].launch.id, Self.process(now)))
    }

    /// A process ends and reports; the reports stand in the order in which a task service would have them.
    mutating func end(_ index: Int) {
        let process = processes.remove(at: index)
        guard !process.isTerminated else {
            return reports.append(.taskLost(process.launch.id, reason: "terminated"))
        }
        let plan = TaskPlan(process.launch, seed: seed)
        reports += plan.reports
        if case .success = plan.outcome { successes.insert(process.launch.id.tryID) }
        reports.append(.taskEnded(process.launch.id, plan.outcome))
    }

    /// A trigger ended its task: no process reports that.
    mutating func noteSuccess(_ tryID: UUID7) { successes.insert(tryID) }

    mutating func lose(_ index: Int) {
        let process = processes.remove(at: index)
        reports.append(.taskLost(process.launch.id, reason: "node lost"))
    }

    /// After a crash of the scheduler: reports on their way are gone; processes of tries that are not in the executor's
    /// hands by the store are ended. Each try that is gets a word: adopted, or lost.
    mutating func settle(_ rows: [TaskInstance], killAll: Bool, at now: Timestamp) {
        reports = []
        let current = Set(rows.map { LaunchID(tryID: $0.id, number: $0.launchNumber) })
        processes.removeAll { killAll || !current.contains($0.launch.id) }
        for row in rows {
            let id = LaunchID(tryID: row.id, number: row.launchNumber)
            if processes.contains(where: { $0.launch.id == id }) {
                reports.append(.taskStarted(id, Self.process(now)))
            } else {
                reports.append(.taskLost(id, reason: "not found after a restart"))
            }
        }
    }

    private static func process(_ now: Timestamp) -> StartedProcess {
        StartedProcess(hostname: "host", unixname: "user", pid: 1, pidStartTime: 1, at: now)
    }
}

/// What one launch does.
struct TaskPlan {
    let reports: [SchedulerEvent]
    let outcome: TaskOutcome

    init(_ launch: TaskLaunch, seed: UInt64) {
        let text = "\(launch.instance.key)#\(launch.instance.tryNumber)"
        var random = SplitMix64(seed: text.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        let draw = Int.random(in: 0..<100, using: &random)
        outcome = Self.outcome(draw, launch, &random)
        guard case .success = outcome else {
            reports = []
            return
        }
        let length = Int.random(in: 0...4, using: &random)
        var reports: [SchedulerEvent] = [
            .xcomPushed(launch.instance.key, XComNotice(key: XCom.returnKey, mappedLength: length))
        ]
        if launch.task.canSkipDownstream {
            let followed = launch.task.downstream.filter { _ in Bool.random(using: &random) }
            let skipped = launch.task.downstream.filter { !followed.contains($0) }
            let notice = XComNotice(key: XCom.skipMixinKey, mappedLength: nil, skipDecision: .followed(followed))
            reports.append(.xcomPushed(launch.instance.key, notice))
            reports.append(.downstreamSkipped(by: launch.id, skipped.map { SkipTarget(taskID: $0) }))
        }
        self.reports = reports
    }

    private static func outcome(_ draw: Int, _ launch: TaskLaunch, _ random: inout SplitMix64) -> TaskOutcome {
        switch draw {
        case ..<70: return .success(outlets: launch.task.outlets)
        case ..<82: return .failedMayRetry(reason: "scripted")
        case ..<85: return .died(reason: "scripted")
        case ..<88: return .failed(reason: "scripted, final")
        case ..<93: return .skipped(reason: "scripted")
        case ..<96:
            guard launch.instance.rescheduleCount < 2 else { return .success() }
            return .upForReschedule(at: launch.instance.queuedAt.map { $0 + .seconds(30) } ?? Timestamp(microseconds: 0))
        default:
            guard launch.id.number < 3 else { return .success() }
            return .deferred(deferral(since: launch.instance.queuedAt, &random))
        }
    }

    private static func deferral(since: Timestamp?, _ random: inout SplitMix64) -> TaskOutcome.Deferral {
        var deferral = TaskOutcome.Deferral(
            triggerClass: "T", triggerKwargs: .null, timeout: nil, nextMethod: "execute_complete", nextKwargs: .null)
        if Bool.random(using: &random) { deferral.timeout = .seconds(600) }
        guard Bool.random(using: &random), let since else { return deferral }
        let moment = since + .seconds(Int.random(in: -60...1_200, using: &random))
        deferral.triggerClass = "airflow.providers.standard.triggers.temporal.DateTimeTrigger"
        deferral.triggerKwargs = ["moment": SerdeTime.encoded(moment), "end_from_trigger": false]
        return deferral
    }
}
