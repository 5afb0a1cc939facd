import DAGParsing
import Glibc
import LocalExecutor
import PipelineCore
import PythonHost

/// The process that holds all runs of a store for as long as it leads: `pipeline scheduler`.
struct SchedulerService: Sendable {
    let workspace: Workspace
    let log = SchedulerLog()

    /// Why a time as the leader ended.
    enum End: Sendable {
        case stopped
        /// Somebody else leads now, or may.
        case superseded(String)
    }

    /// Leads until it is told to stop; stands by while another one leads.
    func run() async throws {
        while true {
            let leadership = try await lead()
            let end = try await serve(leadership)
            guard case .superseded(let reason) = end else { return await leadership.giveBack() }
            log.say("no longer leads: \(reason)")
        }
    }

    private func lead() async throws -> Leadership {
        var told: String?
        // Nothing is held while it stands by.
        Interrupts.listen(first: { _ in Terminal.exitNow(0) }, second: { Terminal.exitNow(128 + $0) })
        let leadership = try await Leadership.take(workspace) { lease in
            guard let holder = lease.map({ LeaseHolder.shown($0.holder) }), told != holder else { return }
            told = holder
            log.say("stands by: \(holder) leads")
        }
        log.say("leads as \(LeaseHolder.current), epoch \(leadership.epoch), store \(workspace.store.location)")
        return leadership
    }

    private func serve(_ leadership: Leadership) async throws -> End {
        let python = Composition.pythonHost(workspace.configuration)
        do {
            let end = try await serve(leadership, python)
            await python.stop()
            return end
        } catch let error as StoreError where error.code == .staleEpoch {
            await python.stop()
            return .superseded("\(error)")
        } catch {
            await python.stop()
            throw error
        }
    }

    private func serve(_ leadership: Leadership, _ python: PythonHost) async throws -> End {
        let library = try DAGLibrary(unread: workspace, python: python)
        let active = ActiveRuns()
        let unsettled = UnsettledPauses()
        let engine = try await RunEngine(
            workspace: workspace, library: library, python: python, observers: [active, log],
            service: RunEngine.Service(
                leadership: leadership, planners: try await planners(), deadlines: try await deadlines()))
        let backfills = try await workspace.store.openBackfills()
        let known = StoreWatch.Known(
            pools: try await workspace.store.pools(), paused: try await StoreWatch.paused(workspace.store),
            backfills: StoreWatch.byID(backfills.map(\.backfill)))
        engine.mailbox.post(.backfillsChanged(backfills))
        for dagID in known.paused.sorted() { engine.mailbox.post(.dagPaused(dagID: dagID, true)) }
        // From here on, since the first reading of the folder may take longer than the lease lasts.
        let keeping = keep(leadership, engine)
        defer { keeping.cancel() }
        endWhileStarting(engine, leadership)
        let isRead = await read(engine, library, unsettled)
        try await recover(engine, library, active)
        let watch = StoreWatch(
            workspace: workspace, library: library, mailbox: engine.mailbox, active: active, unsettled: unsettled,
            inputs: engine.waiting.inputs,
            watching: Watching(library: library, store: workspace.store, service: engine.waiting.watchers))
        return try await live(engine, library, keeping, watch, known, isRead: isRead)
    }

    /// Renews until it is cancelled; answers why the leadership was lost. Local tasks are ended at once then, also while a
    /// turn waits for the store: they are about to be begun elsewhere.
    private func keep(_ leadership: Leadership, _ engine: RunEngine) -> Task<String?, Never> {
        Task {
            let reason = await leadership.keep()
            guard reason != nil else { return nil }
            engine.mailbox.close()
            await engine.executor.shutdown()
            return reason
        }
    }

    /// What is to come of all runs but those that another process carries out.
    private func deadlines() async throws -> [(deadline: Deadline, run: DAGRun)] {
        var runs: [RunKey: DAGRun] = [:]
        var known: [(deadline: Deadline, run: DAGRun)] = []
        for deadline in try await workspace.store.deadlines(run: nil, isMissed: false) where isOurs(deadline.run) {
            if runs[deadline.run] == nil { runs[deadline.run] = try await workspace.store.run(deadline.run) }
            if let run = runs[deadline.run] { known.append((deadline, run)) }
        }
        return known
    }

    private func isOurs(_ run: RunKey) -> Bool {
        !RunOwnership.isCarriedOut(run, home: workspace.configuration[.home])
    }

    /// A signal that comes before there are turns.
    private func endWhileStarting(_ engine: RunEngine, _ leadership: Leadership) {
        Interrupts.listen(
            first: { _ in
                Task {
                    await engine.stop()
                    await leadership.giveBack()
                    Terminal.exitNow(0)
                }
            },
            second: { Terminal.exitNow(128 + $0) })
    }

    private func planners() async throws -> [any RunPlanner] {
        let active = try await workspace.store.assets().filter(\.isActive).map(\.key)
        let queue = try await workspace.store.assetQueue()
        let partitions = PartitionPlanner(
            try await workspace.store.partitionQueue(), aliases: queue.aliases, active: active,
            maximumTargets: workspace.configuration.number(.partitionMapperMaxDownstreamKeys))
        return [TimePlanner(), AssetPlanner(queue, active: active), partitions, BackfillPlanner()]
    }

    /// Schedules are known before runs are gone on with: an event of a task must find the DAGs that wait for it.
    private func read(_ engine: RunEngine, _ library: DAGLibrary, _ unsettled: UnsettledPauses) async -> Bool {
        do {
            try await refresh(engine, library, unsettled, isFirst: true)
            return true
        } catch {
            log.say("the DAGs folder could not be read: \(error)")
            return false
        }
    }

    /// Goes on with every run that is not over.
    private func recover(_ engine: RunEngine, _ library: DAGLibrary, _ active: ActiveRuns) async throws {
        engine.callbacks.service.take(try await workspace.store.callbacks().filter { isOurs($0.run) })
        var snapshots: [RunSnapshot] = []
        for run in try await workspace.store.runs(RunFilter(dagID: nil, states: [.queued, .running])) {
            guard isOurs(run.key) else {
                active.noteElsewhere(run.key)
                continue
            }
            do {
                snapshots.append(try await library.snapshot(of: run))
                active.note(run)
            } catch let error as StoreError where error.isTransient {
                throw error
            } catch {
                // One that cannot be read holds up no other.
                log.say("run \(run.key) cannot be gone on with: \(error)")
            }
        }
        try await endLeftovers(engine)
        try await engine.scheduler.takeOver(snapshots)
        if !snapshots.isEmpty { log.say("goes on with \(snapshots.count) runs") }
    }

    /// Before anything is launched. A `pipeline run` ends what it has begun itself.
    private func endLeftovers(_ engine: RunEngine) async throws {
        let count = try await engine.executor.endLeftovers { launch, task in
            isOurs(task.run) ? try await workspace.store.endedTry(of: launch, task: task) : nil
        }
        if count > 0 { log.say("ended the processes of \(count) launches that had been stopped before") }
    }

    // MARK: - Living

    private func live(
        _ engine: RunEngine, _ library: DAGLibrary, _ keeping: Task<String?, Never>, _ watch: StoreWatch,
        _ known: StoreWatch.Known, isRead: Bool
    ) async throws -> End {
        let (nudges, nudge) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let files = try FileWatch { change.yield() }
        let wake = try FileWatch(quiet: .zero) { nudge.yield() }
        try wake.add(try Nudge.file(workspace.configuration))
        change.yield()
        Interrupts.listen(
            first: { _ in engine.mailbox.close() },
            second: { number in
                engine.executor.killAll()
                Terminal.exitNow(128 + number)
            })
        let background = [
            Task { if let groomer = LogGroomer(workspace.configuration) { await groomer.run { log.say($0) } } },
            Task { await watch.run(known: known, nudges: nudges) },
            Task { await follow(changes, again: change, files, engine, library, watch.unsettled, isRead: isRead) },
        ]
        defer {
            for task in background { task.cancel() }
            withExtendedLifetime((files, wake)) {}
        }
        return try await turns(engine, keeping)
    }

    /// Turns until the mailbox is closed or the leadership is lost; then local processes are ended. Pods go on.
    private func turns(_ engine: RunEngine, _ keeping: Task<String?, Never>) async throws -> End {
        do {
            try await engine.scheduler.run()
        } catch {
            await engine.stop()
            throw error
        }
        // The lease is kept until nothing runs on this machine any more.
        await engine.stop()
        keeping.cancel()
        return await keeping.value.map { .superseded($0) } ?? .stopped
    }

    /// After a reading that failed.
    private static let nextReading = Duration.seconds(5)

    /// Reads the folder whenever something in it has changed, and again after a reading that failed: what that one had
    /// published already is no change any more, so all schedules are told anew then.
    private func follow(
        _ changes: AsyncStream<Void>, again: AsyncStream<Void>.Continuation, _ files: FileWatch, _ engine: RunEngine,
        _ library: DAGLibrary, _ unsettled: UnsettledPauses, isRead: Bool
    ) async {
        var isFirst = !isRead
        for await _ in changes {
            do {
                try files.add(below: workspace.configuration[.dagsFolder])
                try files.add(wayTo: workspace.configuration[.dagsFolder])
                try await refresh(engine, library, unsettled, isFirst: isFirst)
                isFirst = false
            } catch is CancellationError {
                return
            } catch {
                log.say("the DAGs folder could not be read: \(error)")
                isFirst = true
                guard (try? await ContinuousClock().sleep(for: Self.nextReading)) != nil else { return }
                again.yield()
            }
        }
    }

    private func refresh(
        _ engine: RunEngine, _ library: DAGLibrary, _ unsettled: UnsettledPauses, isFirst: Bool
    ) async throws {
        let news = try await library.refresh()
        engine.mailbox.post(.activeAssetsChanged(try await workspace.store.assets().filter(\.isActive).map(\.key)))
        let changed = isFirst ? nil : Set(news.changed + news.appeared)
        let schedules = Schedules(library: library, store: workspace.store)
        if changed?.isEmpty != true {
            let read = try await schedules.read(changed)
            engine.mailbox.post(.schedulesChanged(read))
            unsettled.add(read.map(\.dagID))
        }
        if !news.disappeared.isEmpty { engine.mailbox.post(.schedulesRemoved(news.disappeared)) }
        try await Watching(library: library, store: workspace.store, service: engine.waiting.watchers).update()
        warn(of: library.catalog.dags.filter { changed?.contains($0.dag.id) ?? true })
        let (dags, errors) = (library.catalog.dags.count, library.catalog.importErrors.count)
        if isFirst || changed?.isEmpty != true || !news.disappeared.isEmpty {
            log.say("\(dags) DAGs in \(workspace.configuration[.dagsFolder]), \(errors) import errors")
        }
    }

    /// What Airflow takes and is not evaluated here gets no runs, and says so.
    private func warn(of dags: [LoadedDAG]) {
        for loaded in dags {
            guard case .partitionedAsset(let definition) = loaded.dag.header.timetable else { continue }
            do {
                _ = try Timetables.factory.partitionedSchedule(definition)
            } catch {
                log.say("DAG \(loaded.dag.id): its partitions get no runs, since a mapper cannot be understood: \(error)")
            }
        }
    }
}
