import PipelineCore

/// Several schedulers with one store, machines, pods, people and trouble, in one thread and without time: all that happens
/// follows from a ``ClusterScenario``. After every step the invariants are checked; when the trouble is over, everything must
/// come to its end. Idea: TigerBeetle's VOPR, FoundationDB's simulation.
final class SimulatedCluster {
    let scenario: ClusterScenario
    let keepsTrace: Bool
    let hasManyHosts: Bool
    var random: SplitMix64
    /// Since the beginning, by a clock that nobody sets.
    var time = Duration.zero
    var databaseOffset = Duration.zero
    var store = ClusterStore()
    var versions = ClusterVersions()
    var schedulers: [SimulatedScheduler] = []
    var processes: [SimulatedProcess] = []
    var pods: [SimulatedPod] = []
    /// A pod of somebody else, which nobody of us may touch.
    var hasForeignPod = true
    var limits = SchedulerLimits()
    /// What triggers have said so far: it may come again, and late.
    var firedTriggers: [(id: LaunchID, outcome: TriggerOutcome)] = []
    var nextStoreFault: ClusterStore.Fault?
    var pushes = 0
    private(set) var trace: [String] = []
    private(set) var problems: [String] = []

    init(_ scenario: ClusterScenario, traces: Bool = false) {
        self.scenario = scenario
        keepsTrace = traces
        random = SplitMix64(seed: scenario.seed)
        hasManyHosts = scenario.schedulers > 1 && scenario.seed % 3 != 0
        limits.parallelism = ClusterLimits.parallelism
        fillStore()
        for number in 0..<scenario.schedulers {
            schedulers.append(SimulatedScheduler(self, number: number, host: hasManyHosts ? "host\(number)" : "host"))
        }
    }

    private func fillStore() {
        store.core.pools = [
            Pool.defaultName: Pool(name: Pool.defaultName, slots: 4),
            "small": Pool(name: "small", slots: 2, includeDeferred: true),
        ]
        store.core.replaceActiveAssets(
            ClusterDAG.assets.map { AssetRecord(name: $0.name, uri: $0.uri, group: "asset", extra: .null) })
        for index in 0..<scenario.dags {
            let version = ClusterDAG(seed: scenario.seed, index: index, version: 0)
            versions.push(version)
            store.core.saveDAGRecords([
                DAGRecord(
                    dagID: version.dag.id, isPaused: chance(6), bundleName: "b", relativeFileLocation: "d.py",
                    fileLocation: "/d.py")
            ])
        }
    }

    var databaseTime: Timestamp { ClusterDAG.start + time + databaseOffset }
    var leaders: [SimulatedScheduler] { schedulers.filter(\.isAwake) }

    func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

    func note(_ text: @autoclosure () -> String) {
        if keepsTrace { trace.append("\(time.inSeconds) \(text())") }
    }

    func check(_ found: [String]) { if !found.isEmpty { problems += found } }

    func takeStoreFault() -> ClusterStore.Fault? { nextStoreFault.take() }

    /// Lets things go wrong for a while, then right until all is over.
    func run() {
        for _ in 0..<scenario.steps where problems.isEmpty {
            if chance(6) { makeTrouble() } else { step() }
            checkStep()
        }
        guard problems.isEmpty else { return }
        comeToRest()
    }

    /// What must hold between any two steps; what must hold in every commit is checked there.
    func checkStep() {
        check(store.problems)
        check(ProcessCheck.problems(self))
        guard chance(32) else { return }
        for scheduler in schedulers where scheduler.isLeading {
            check(scheduler.machine.audit().map { "L3: scheduler \(scheduler.number): \($0)" })
        }
    }

    // MARK: - Steps

    /// One ordinary thing happens.
    func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<45: if let scheduler = schedulers.filter(\.hasWork).randomElement(using: &random) { return scheduler.work() }
        case ..<70: if goOn() { return }
        case ..<78: if let scheduler = leaders.randomElement(using: &random) { return scheduler.observe() }
        case ..<86: if let scheduler = leaders.randomElement(using: &random) { return scheduler.look() }
        case ..<89: if let scheduler = leaders.randomElement(using: &random) { return scheduler.refresh() }
        case ..<93: if fireTrigger() { return }
        default: break
        }
        passTime()
    }

    /// A process or a pod starts or ends.
    private func goOn() -> Bool {
        let count = processes.count + pods.count
        guard count > 0 else { return false }
        let index = Int.random(in: 0..<count, using: &random)
        return index < processes.count ? goOn(process: index) : goOn(pod: index - processes.count)
    }

    private func goOn(process index: Int) -> Bool {
        let process = processes[index]
        let owner = schedulers[process.owner]
        // A process that its scheduler does not listen to waits; one whose scheduler is gone ends unheard.
        if owner.isMine(process), owner.isFrozen || owner.isCutFromStore { return false }
        guard process.isStarted || process.killAt != nil else {
            processes[index].isStarted = true
            if listens(process) { owner.inbox.append(.taskStarted(process.launch.id, started(on: process.host))) }
            return true
        }
        end(index)
        return true
    }

    private func listens(_ process: SimulatedProcess) -> Bool {
        let owner = schedulers[process.owner]
        return owner.isMine(process) && owner.isLeading && owner.launched.contains(process.launch.id)
    }

    private func started(on host: String) -> StartedProcess {
        StartedProcess(hostname: host, unixname: "user", pid: 1, pidStartTime: 1, at: ClusterDAG.start + time)
    }

    /// A process ends, by itself or because it was asked to.
    func end(_ index: Int) {
        let process = processes.remove(at: index)
        guard listens(process) else { return }
        let owner = schedulers[process.owner]
        if process.killAt != nil { return owner.reportLoss(process.launch.id, "terminated") }
        for report in reports(of: process.launch) {
            keepXCom(of: report)
            owner.inbox.append(report)
        }
    }

    /// What a launch says at its end. It is decided by the seed, the instance and the number of its try.
    private func reports(of launch: TaskLaunch) -> [SchedulerEvent] {
        let plan = TaskPlan(launch, seed: scenario.seed)
        switch plan.outcome {
        case .success: store.evidence.successes.insert(launch.id.tryID)
        case .failed, .failedMayRetry, .died: store.evidence.failures.insert(launch.id.tryID)
        default: break
        }
        return plan.reports + [.taskEnded(launch.id, plan.outcome)]
    }

    private func goOn(pod index: Int) -> Bool {
        guard !pods[index].hasEnded else { return false }
        if pods[index].isDeleting {
            pods.remove(at: index)
        } else if !pods[index].isStarted {
            pods[index].isStarted = true
            pods[index].reports.append(.taskStarted(pods[index].launch.id, started(on: "node")))
        } else {
            pods[index].hasEnded = true
            pods[index].reports += reports(of: pods[index].launch)
        }
        return true
    }

    /// A value that a task has pushed is in the store before the scheduler hears of it.
    func keepXCom(of report: SchedulerEvent) {
        guard case .xcomPushed(let key, let notice) = report, store.core.runs[key.run] != nil else { return }
        var value = JSONValue.int(0)
        if case .followed(let ids) = notice.skipDecision { value = ["followed": .array(ids.map { .string($0) })] }
        let xcom = XCom(task: key, key: notice.key, value: value, mappedLength: notice.mappedLength, timestamp: databaseTime)
        try? store.core.setXCom(xcom)
    }

    /// KILL to what is left of a launch on a machine.
    func killLeftovers(of id: LaunchID, on host: String) {
        processes.removeAll { $0.launch.id == id && $0.host == host }
    }

    /// It runs on the machine of a scheduler that stands still, or did until just now.
    func isBeyondReach(_ process: SimulatedProcess) -> Bool {
        let owner = schedulers[process.owner]
        if owner.isMine(process), owner.isFrozen { return true }
        // One that it begins then is no excuse.
        guard let thawed = owner.thawedAt, owner.isMine(process), process.thaw != thawed else { return false }
        return time <= thawed + ClusterLimits.grace + Self.promptly * 2
    }

    // MARK: - Triggers

    private func fireTrigger() -> Bool {
        guard let scheduler = leaders.randomElement(using: &random), scheduler.isSettled else { return false }
        let waiting = store.activeRuns.sorted().flatMap { (store.core.tasks[$0] ?? [:]).values }
            .filter { $0.state == .deferred && TimeTrigger($0) == nil }
        guard let task = waiting.min(by: { $0.key < $1.key }) else { return false }
        let id = LaunchID(tryID: task.id, number: task.launchNumber)
        let outcome = said(by: task)
        switch outcome {
        case .taskSucceeded: store.evidence.successes.insert(task.id)
        case .taskFailed: store.evidence.failures.insert(task.id)
        default: break
        }
        store.evidence.fired.insert(id)
        firedTriggers.append((id, outcome))
        scheduler.inbox.append(.triggerFired(id, outcome))
        return true
    }

    private func said(by task: TaskInstance) -> TriggerOutcome {
        let text = "\(task.key)#\(task.tryNumber)#\(task.launchNumber)"
        var draw = SplitMix64(seed: text.utf8.reduce(scenario.seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        return switch Int.random(in: 0..<12, using: &draw) {
        case 0: .failed(traceback: ["scripted"])
        case 1: .taskFailed
        case 2: .taskSkipped
        case 3: .taskSucceeded
        default: .event("fired")
        }
    }
}
