import LocalExecutor
import PipelineCore
import PythonHost

/// One scheduler with a local executor in this process: what `pipeline run` is made of.
struct RunEngine: Sendable {
    let workspace: Workspace
    let library: DAGLibrary
    let mailbox: SchedulerMailbox
    let service: StoreTaskService
    let executor: LocalExecutor
    let pythonRunner: PythonTaskRunner
    let scheduler: Scheduler
    let snapshots: RunSnapshotLoader
    /// Where pods run; `nil`: on this machine.
    let pods: PodRuntime?
    /// What lets tasks wait.
    let waiting: TriggerRuntime
    /// What runs after changes of state.
    let callbacks: CallbackRuntime

    /// What makes an engine one that lives on: it writes as the leader, and creates runs.
    struct Service: Sendable {
        var leadership: Leadership
        var planners: [any RunPlanner]
        /// Those that are not missed, with their runs.
        var deadlines: [(deadline: Deadline, run: DAGRun)]
    }

    /// - Parameter service: `nil`: an engine for one run and what that triggers.
    init(
        workspace: Workspace, library: DAGLibrary, python: PythonHost, observers: [any SchedulerObserver],
        service leading: Service? = nil
    ) async throws {
        self.workspace = workspace
        self.library = library
        let store = workspace.store
        let clock = ContinuousClock()
        let wallClock = SystemWallClock()
        let epoch: Int64
        if let leading { epoch = leading.leadership.epoch } else { epoch = try await store.currentEpoch() }
        mailbox = SchedulerMailbox()
        service = StoreTaskService(
            store: store, inbox: mailbox, dags: library, secrets: EnvironmentSecrets(ProcessEnvironment.all),
            wallClock: wallClock, epoch: epoch)
        let pods = try await PodRuntime.start(workspace.configuration, store: store, isService: leading != nil)
        self.pods = pods
        var setup = Self.setup(workspace.configuration)
        setup.pods = pods?.executor
        setup.dst = { library.dst[$0] }
        if let leadership = leading?.leadership {
            setup.predecessorHost = leadership.predecessorHost
            setup.predecessorWasStopped = leadership.predecessorWasStopped
            setup.isInForce = { leadership.isInForce }
        }
        setup.runsProcessesInPods = pods?.workers != nil && workspace.configuration[.processTasks] == "pods"
        pythonRunner = Self.pythonRunner(setup, service, python, library, store)
        executor = LocalExecutor(
            setup: setup, service: service, python: Self.processRunner(setup, service, pythonRunner, pods))
        snapshots = RunSnapshotLoader(store: store)
        let isService = leading != nil
        waiting = TriggerRuntime(workspace, library, python, service, mailbox, logs: setup.logs) { text in
            if isService { SchedulerLog().say(text) } else { Terminal.note("[WARN] \(text)") }
        }
        callbacks = try CallbackRuntime(
            workspace, library, python, service, triggers: waiting.host, logs: setup.logs, epoch: epoch,
            isInForce: setup.isInForce
        ) { text in
            if isService { SchedulerLog().say(text) } else { Terminal.note("[WARN] \(text)") }
        }
        var limits = SchedulerLimits()
        limits.parallelism = workspace.configuration.number(.parallelism)
        let machine = SchedulerStateMachine(
            limits: limits, pools: try await store.pools(), seed: UInt64.random(in: .min ... .max),
            host: setup.hostname, notifications: callbacks.rules)
        let (inbox, makers) = (mailbox, library)
        let deadlines = DeadlinePlanner(
            leading?.deadlines ?? [], rules: callbacks.rules, seed: UInt64.random(in: .min ... .max))
        let planning = Self.planning((leading?.planners ?? []) + [deadlines], makers, store, inbox)
        scheduler = Scheduler(
            machine: machine, store: store, executor: executor, mailbox: mailbox, wallClock: wallClock, clock: clock,
            epoch: epoch, observers: observers + waiting.observers + [callbacks.service] + (pods.map { [$0] } ?? []),
            planning: planning, deadlines: callbacks.deadlines)
    }

    private static func planning(
        _ planners: [any RunPlanner], _ library: DAGLibrary, _ store: any PipelineStore, _ mailbox: SchedulerMailbox
    ) -> Planning {
        // What is wrong with a partition is found at each look, and told once.
        let problems = ToldOnce()
        return Planning(
            planners, maker: RunMaker(store: store, dags: library),
            askPython: { question in Task { await answer(question, library, mailbox) } },
            askMapper: { question in Task { mailbox.post(.partitionMapped(question, await library.answer(question))) } },
            note: { problems.say($0) })
    }

    /// How often a custom timetable is asked that fails; after that, when its DAG changes or a run of it ends.
    private static let timetableAttempts = 10

    private static func answer(_ question: TimetableQuestion, _ library: DAGLibrary, _ mailbox: SchedulerMailbox) async {
        for attempt in 1...timetableAttempts {
            do {
                return mailbox.post(.nextRunKnown(question, try await library.nextRun(question)))
            } catch {
                Terminal.note("[WARN] The timetable of \(question.dagID) does not say its next run: \(error)")
            }
            guard (try? await ContinuousClock().sleep(for: .seconds(1 << attempt))) != nil else { return }
        }
    }

    /// What runs tasks that need Python, or a process at all.
    private static func processRunner(
        _ setup: LocalExecutorSetup, _ service: StoreTaskService, _ local: PythonTaskRunner, _ pods: PodRuntime?
    ) -> any TaskRunner {
        guard setup.runsProcessesInPods, let workers = pods?.workers else { return local }
        return WorkerPodRunner(workers, service: service, setup: setup)
    }

    private static func setup(_ configuration: Configuration) -> LocalExecutorSetup {
        LocalExecutorSetup(
            dagsFolder: configuration[.dagsFolder], bundleName: DAGLibrary.bundleName,
            logs: FileTaskLogStore(folder: configuration[.logsFolder]), environment: ProcessEnvironment.all,
            killGrace: .seconds(configuration.number(.killGraceSeconds)), wallClock: SystemWallClock(),
            clock: ContinuousClock(), zone: { try Timetables.factory.zoneRules($0) })
    }

    private static func pythonRunner(
        _ setup: LocalExecutorSetup, _ service: StoreTaskService, _ host: PythonHost, _ library: DAGLibrary,
        _ store: any PipelineStore
    ) -> PythonTaskRunner {
        var settings = PythonTaskRunner.Settings(hostname: setup.hostname, unixname: setup.unixname)
        settings.grace = setup.killGrace
        return PythonTaskRunner(
            host: host, service: service,
            facts: StorePythonTaskFacts(store: store) { try await library.latest(dagID: $0)?.dag }, logs: setup.logs,
            settings: settings, wallClock: setup.wallClock, clock: setup.clock
        ) { launch in
            PythonBundle(
                name: setup.bundleName, version: launch.run.bundleVersion, path: setup.dagsFolder,
                file: launch.dag.header.relativeFileLocation,
                contentHash: library.contentHash(of: launch.dag.header.relativeFileLocation))
        }
    }

    /// Runs `snapshot` to its end, and with it every run that it triggers.
    /// - Parameter isNew: the run is not in the store yet.
    func run(_ snapshot: RunSnapshot, isNew: Bool) async throws -> DAGRun {
        if isNew {
            mailbox.post(.runCreated(snapshot))
        } else {
            var snapshot = snapshot
            snapshot.deadlines = try await workspace.store.deadlines(run: snapshot.run.key, isMissed: false)
            callbacks.service.take(try await workspace.store.callbacks().filter { $0.run == snapshot.run.key })
            try await scheduler.takeOver([snapshot])
        }
        let watch = try await watchPools()
        defer { watch.cancel() }
        do {
            let run = try await scheduler.run(until: snapshot.run.key)
            try await scheduler.runUntilIdle()
            // Callbacks may be coroutines of the trigger host.
            await callbacks.service.finish()
            await callbacks.service.shutdown()
            await waiting.stop()
            await pythonRunner.finishAll()
            await pods?.finish()
            return run
        } catch {
            await stopAll()
            throw error
        }
    }

    /// Ends what runs on this machine; pods go on.
    func stop() async {
        await stopAll()
        await pythonRunner.finishAll()
    }

    /// Callbacks have their own time to end in, for which no task may go on: somebody else may lead already.
    private func stopAll() async {
        async let callbacksEnded: Void = callbacks.service.shutdown()
        await waiting.stop()
        await executor.shutdown()
        pods?.stop()
        await callbacksEnded
    }

    /// Lives beside the scheduler's turns, and ends with the run.
    private func watchPools() async throws -> Task<Void, Never> {
        let known = try await workspace.store.pools()
        let watch = PoolWatch(store: workspace.store, inbox: mailbox, clock: ContinuousClock())
        return Task { await watch.run(known: known) }
    }
}
