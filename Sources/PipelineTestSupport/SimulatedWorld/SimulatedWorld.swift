package import PipelineCore

/// A whole world in one thread and without time: a machine, a store, executors, people and faults, all driven by one
/// seed. After every step the invariants are checked. Idea: TigerBeetle's VOPR, FoundationDB's simulation.
package final class SimulatedWorld {
    /// Where a crash is to happen.
    package enum CrashPoint: Sendable { case beforeCommit, afterCommit, afterEffects }

    package struct Faults: Sendable {
        /// One in so many steps is a fault; 0 for none.
        package var frequency = 12
        /// People clear, cancel, pause, and set states.
        package var people = true
        /// A crash at this commit, counted from 1.
        package var crash: (commit: Int, point: CrashPoint)?

        package init() {}
    }

    let seed: UInt64
    var random: SplitMix64
    var faults: Faults
    var now = Timestamp(microseconds: 1_767_225_600_000_000)
    var machine: SchedulerStateMachine
    var store = SimulatedStore()
    var executor: SimulatedExecutor
    var dags: [String: DAG] = [:]
    var pools = [Pool(name: Pool.defaultName, slots: 4), Pool(name: "small", slots: 2, includeDeferred: true)]
    var limits = SchedulerLimits()
    /// What triggers have said so far: it may come again, and late.
    var firedTriggers: [SchedulerEvent] = []
    /// Keys that a person set by hand: their states are no report's.
    var setByHand: Set<TaskInstanceKey> = []
    /// Turns that were committed.
    package private(set) var commits = 0
    var hasCrashed = false
    package private(set) var trace: [String] = []
    package private(set) var problems: [String] = []
    private var incarnation: UInt64 = 0
    private var planned: [RunSnapshot] = []
    private var created = 0

    package init(seed: UInt64, faults: Faults = Faults()) throws {
        self.seed = seed
        self.faults = faults
        random = SplitMix64(seed: seed)
        limits.parallelism = Int.random(in: 1...8, using: &random)
        executor = SimulatedExecutor(seed: seed)
        machine = SchedulerStateMachine(limits: limits, pools: pools, seed: seed)
        for index in 0..<Int.random(in: 1...2, using: &random) {
            var generator = SimulatedDAG(seed: random.next(), id: "dag\(index)")
            dags["dag\(index)"] = try generator.make()
        }
    }

    /// A world with one given DAG.
    package init(seed: UInt64, dag: DAG, faults: Faults) {
        self.seed = seed
        self.faults = faults
        random = SplitMix64(seed: seed)
        executor = SimulatedExecutor(seed: seed)
        machine = SchedulerStateMachine(limits: limits, pools: pools, seed: seed)
        dags[dag.id] = dag
    }

    /// Lets the world go on for some steps with faults, then without until all runs are over.
    package func run(steps: Int = 150) {
        createRuns()
        for _ in 0..<steps where problems.isEmpty { step(withFaults: true) }
        settleDown()
        finish()
    }

    /// Final states of all instances, by key.
    package var finalStates: [String] {
        store.rows.values.sorted { $0.key < $1.key }.map { "\($0.key) \(StateGraph.name($0.state))" }
            + store.runs.values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.state.rawValue)" }
    }

    /// Creates the planned runs. Who creates runs does so again after a crash that came before the commit.
    private func createRuns() {
        planRuns()
        while created < planned.count {
            created += 1
            handle(.runCreated(planned[created - 1]))
        }
    }

    private func planRuns() {
        for dagID in dags.keys.sorted() {
            for index in 0..<Int.random(in: 1...3, using: &random) {
                guard let dag = dags[dagID] else { continue }
                var run = DAGRun(
                    key: RunKey(dagID: dagID, runID: "r\(index)"), type: .scheduled,
                    runAfter: now + .seconds(index * 5), triggeredBy: .timetable)
                run.logicalDate = now - .seconds(1_000 - index * 10)
                planned.append(RunSnapshot(run: run, dag: dag))
            }
        }
    }

    private func step(withFaults: Bool) {
        if withFaults, faults.frequency > 0, Int.random(in: 0..<faults.frequency, using: &random) == 0 {
            injectFault()
        } else {
            advance()
        }
        problems += checkInvariants()
    }

    /// One ordinary thing happens.
    func advance() {
        let choice = Int.random(in: 0..<10, using: &random)
        if choice < 5, !executor.reports.isEmpty {
            deliver()
        } else if choice < 9, !executor.processes.isEmpty {
            let index = Int.random(in: 0..<executor.processes.count, using: &random)
            if executor.processes[index].isStarted || choice < 6 {
                executor.end(index)
            } else {
                executor.start(index, at: now)
            }
        } else {
            passTime()
        }
    }

    private func deliver() {
        let event = executor.reports.removeFirst()
        if case .xcomPushed(let key, let notice) = event { store.push(notice, key) }
        handle(event)
    }

    private func passTime() {
        if let deferred = waitingForTrigger.first {
            fireTrigger(of: deferred)
        } else if let wake = machine.nextWake {
            now = max(now, wake)
            handle(.timeReached)
        } else {
            now = now + .seconds(1)
        }
    }

    /// Deferred tries whose trigger is not of time.
    private var waitingForTrigger: [TaskInstance] {
        store.rows.values.filter { $0.state == .deferred && TimeTrigger($0) == nil }.sorted { $0.key < $1.key }
    }

    /// What it says is decided by the seed, the instance and the launch alone, as the end of a process is.
    private func fireTrigger(of task: TaskInstance) {
        let text = "\(task.key)#\(task.tryNumber)#\(task.launchNumber)"
        var draw = SplitMix64(seed: text.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        let outcome: TriggerOutcome =
            switch Int.random(in: 0..<12, using: &draw) {
            case 0: .failed(traceback: ["scripted"])
            case 1: .taskFailed
            case 2: .taskSkipped
            case 3: .taskSucceeded
            default: .event("fired")
            }
        if outcome == .taskSucceeded { executor.noteSuccess(task.id) }
        let report = SchedulerEvent.triggerFired(LaunchID(tryID: task.id, number: task.launchNumber), outcome)
        handle(report)
        firedTriggers.append(report)
    }

    /// The faults are over: everything must come to its end within a bound.
    private func settleDown() {
        var left = 5_000
        while problems.isEmpty, left > 0, !isOver {
            unpauseAll()
            if isOver { break }
            if isStalled { resolveStall() } else { step(withFaults: false) }
            left -= 1
        }
        if left == 0 { problems.append("runs that do not end: \(machine.activeRuns)") }
    }

    private var isOver: Bool { machine.activeRuns.isEmpty && executor.processes.isEmpty && executor.reports.isEmpty }

    /// Nothing will happen any more by itself.
    private var isStalled: Bool {
        executor.processes.isEmpty && executor.reports.isEmpty && machine.nextWake == nil
            && waitingForTrigger.isEmpty
    }

    private func unpauseAll() {
        for dagID in store.pausedDAGs.sorted() {
            store.setPaused(dagID, false)
            handle(.dagPaused(dagID: dagID, false))
        }
    }

    /// A run may wait for ever for a failed task of the run before: only a person can help. Anything else is a fault of
    /// the machine.
    private func resolveStall() {
        let waiting = machine.activeRuns.first { key in
            machine.taskInstances(key).contains { task in
                !task.isFinished
                    && machine.explain(task.key, now: now).contains { $0.name == "Previous Dagrun State" && !$0.passed }
            }
        }
        if let waiting {
            handle(.runCancelled(waiting, reason: "waits for the past"))
        } else {
            problems.append("runs that do not end: " + stallText)
        }
    }

    private var stallText: String {
        machine.activeRuns.flatMap { key in
            ["\(key) \(machine.run(key)?.state.rawValue ?? "")"]
                + machine.taskInstances(key).filter { !$0.isFinished }.map { task in
                    let failed = machine.explain(task.key, now: now).filter { !$0.passed }.map(\.reason)
                    return "  \(task.key) \(StateGraph.name(task.state)): \(failed.joined(separator: " "))"
                }
        }.joined(separator: "\n")
    }

    private func finish() {
        guard problems.isEmpty else { return }
        for run in store.runs.values where !run.state.isFinished { problems.append("run \(run.key) is \(run.state.rawValue) in the store") }
        problems += machine.audit()
    }

    /// One turn of the service: the machine decides, the store commits, the effects are carried out. A failing store is
    /// asked again with the same changes, whether or not the failed commit had happened.
    func handle(_ event: SchedulerEvent) {
        let actions = machine.handle(event, now: now)
        trace.append("\(Self.name(of: event)) -> \(actions.count) @\(now.microseconds)")
        let changes = actions.compactMap { if case .store(let change) = $0 { change } else { nil } }
        commits += 1
        let crash = faults.crash.flatMap { $0.commit == commits && !hasCrashed ? $0.point : nil }
        if crash == .beforeCommit { return restart(killAll: false) }
        let saves = changes.compactMap { change -> Save? in
            guard case .saveTask(let task) = change else { return nil }
            return Save(task: task, old: store.row(before: task))
        }
        if storeFails() { store.commit(changes) }
        store.commit(changes)
        problems += saves.flatMap(check)
        if crash == .afterCommit { return restart(killAll: true) }
        for action in actions { perform(action) }
        if crash == .afterEffects { restart(killAll: false) }
    }

    private func storeFails() -> Bool {
        faults.frequency > 0 && Int.random(in: 0..<(4 * faults.frequency), using: &random) == 0
    }

    private func perform(_ action: SchedulerAction) {
        switch action {
        case .store, .runEnded: break
        case .launch(let launch):
            trace.append("launch \(launch.instance.key) try \(launch.instance.tryNumber).\(launch.id.number)")
            executor.launch(launch)
            // A repeated effect is harmless.
            if Int.random(in: 0..<20, using: &random) == 0 { executor.launch(launch) }
        case .terminate(let id, let reason):
            trace.append("terminate \(id.number) \(reason.rawValue)")
            executor.terminate(id)
        }
    }

    /// `kill -9`: the machine's memory is gone; a new one is built from the store.
    func restart(killAll: Bool) {
        hasCrashed = true
        incarnation += 1
        trace.append("restart")
        machine = SchedulerStateMachine(limits: limits, pools: pools, seed: seed &+ incarnation &* 7_919)
        for dagID in store.pausedDAGs.sorted() { _ = machine.handle(.dagPaused(dagID: dagID, true), now: now) }
        let unfinished = store.runs.values.filter { !$0.state.isFinished }.sorted { $0.key < $1.key }
        let held = store.rows.values.filter { $0.state?.occupiesExecutor == true }.sorted { $0.key < $1.key }
        executor.settle(held, killAll: killAll, at: now)
        for run in unfinished { handle(.runLoaded(snapshot(run))) }
        handle(.timeReached)
        for snapshot in planned.prefix(created) where store.runs[snapshot.run.key] == nil {
            handle(.runCreated(snapshot))
        }
    }

    func snapshot(_ run: DAGRun) -> RunSnapshot {
        guard let dag = dags[run.key.dagID] else { preconditionFailure("no DAG \(run.key.dagID)") }
        var snapshot = RunSnapshot(run: run, dag: dag)
        snapshot.taskInstances = store.rows.values.filter { $0.key.run == run.key }.sorted { $0.key < $1.key }
        snapshot.xcoms = store.xcoms.filter { $0.key.task.run == run.key }.sorted { $0.key < $1.key }
            .map { ($0.key.task, $0.value) }
        snapshot.previousRun = previous(run)
        return snapshot
    }

    private func previous(_ run: DAGRun) -> RunSnapshot.PreviousRun? {
        let earlier = store.runs.values.filter { other in
            guard let date = run.logicalDate, let otherDate = other.logicalDate else { return false }
            return other.key.dagID == run.key.dagID && otherDate < date
        }
        guard let last = earlier.max(by: { ($0.logicalDate ?? now) < ($1.logicalDate ?? now) }) else { return nil }
        var states: [String: [TaskState?]] = [:]
        for row in store.rows.values where row.key.run == last.key { states[row.taskID, default: []].append(row.state) }
        return RunSnapshot.PreviousRun(key: last.key, logicalDate: last.logicalDate, states: states)
    }

    private static func name(of event: SchedulerEvent) -> String {
        switch event {
        case .taskStarted(let id, _): "started \(id.number)"
        case .taskEnded(let id, let outcome): "ended \(id.number) \(String(describing: outcome).prefix(20))"
        case .taskLost(let id, _): "lost \(id.number)"
        case .runCreated(let snapshot): "created \(snapshot.run.key)"
        case .runLoaded(let snapshot): "loaded \(snapshot.run.key)"
        default: String(String(describing: event).prefix(60))
        }
    }
}
