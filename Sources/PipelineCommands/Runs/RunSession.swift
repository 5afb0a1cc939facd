import LocalExecutor
import PipelineCore
import PythonHost

/// A run of one DAG from its request to its end, in this process: the body of `pipeline run` and `dags test`.
struct RunSession: Sendable {
    let workspace: Workspace
    let isQuiet: Bool

    /// - Parameter request: an unfinished run of its id is continued.
    /// - Throws: ``UsageError`` and ``CommandFailure`` before anything is started.
    func run(_ request: TriggerRequest, ownership: RunOwnership? = nil) async throws -> DAGRun {
        let python = Composition.pythonHost(workspace.configuration)
        do {
            let run = try await run(request, python, ownership)
            await python.stop()
            return run
        } catch {
            await python.stop()
            throw error
        }
    }

    private func run(
        _ request: TriggerRequest, _ python: PythonHost, _ ownership: RunOwnership?
    ) async throws -> DAGRun {
        let library = try await DAGLibrary(workspace: workspace, python: python)
        _ = try library.require(request.dagID)
        let progress = display()
        if ownership != nil, let leader = try await workspace.leader() {
            return try await handOver(request, library, leader, progress)
        }
        let engine = try await RunEngine(
            workspace: workspace, library: library, python: python, observers: [progress])
        // A run that has a name is taken before it is looked at: its state is nobody else's to change then.
        if let runID = request.runID { try ownership?.record(RunKey(dagID: request.dagID, runID: runID)) }
        let (snapshot, isNew) = try await snapshot(request, engine)
        if request.runID == nil { try ownership?.record(snapshot.run.key) }
        listen(engine, progress)
        let ticking = Task { await Self.tick(progress) }
        defer {
            ticking.cancel()
            progress.finish(at: SystemWallClock().now())
        }
        do {
            return try await engine.run(snapshot, isNew: isNew)
        } catch let error as StoreError where error.code == .staleEpoch {
            guard let ownership, let leader = try await workspace.leader() else { throw error }
            var request = request
            request.runID = snapshot.run.key.runID
            ownership.leave()
            return try await handOver(request, library, leader, progress)
        }
    }

    /// The scheduler that leads carries the run out; it is followed here.
    private func handOver(
        _ request: TriggerRequest, _ library: DAGLibrary, _ leader: SchedulerLease, _ progress: any RunDisplay
    ) async throws -> DAGRun {
        let key = try await RunHandOver(workspace: workspace, library: library).give(request)
        progress.say("The scheduler \(LeaseHolder.shown(leader.holder)) carries run \(key) out.")
        if try await workspace.store.dagRecord(request.dagID)?.isPaused == true {
            progress.say("DAG '\(request.dagID)' is paused: the run waits for 'pipeline dags unpause \(request.dagID)'.")
        }
        Interrupts.listen(
            first: { _ in
                progress.say("Ending the run; press Ctrl-C again to leave it to the scheduler.")
                Task {
                    do {
                        try await workspace.ask(.cancel(key, reason: "cancelled"))
                    } catch {
                        progress.say("The end of the run could not be asked for: \(error)")
                    }
                }
            },
            second: { Terminal.exitNow(128 + $0) })
        defer { progress.finish(at: SystemWallClock().now()) }
        return try await RunFollower(workspace: workspace, display: progress).follow(key)
    }

    private func display() -> any RunDisplay {
        let started = SystemWallClock().now()
        guard !isQuiet, let columns = Terminal.liveColumns else {
            return RunProgress(started: started, colour: Terminal.usesColour, isQuiet: isQuiet)
        }
        return LiveProgress(started: started, colour: Terminal.usesColour, columns: columns) { Terminal.write($0, to: 2) }
    }

    private static func tick(_ progress: any RunDisplay) async {
        while (try? await ContinuousClock().sleep(for: .milliseconds(200))) != nil {
            progress.tick(at: SystemWallClock().now())
        }
    }

    private func snapshot(_ request: TriggerRequest, _ engine: RunEngine) async throws -> (RunSnapshot, isNew: Bool) {
        let store = workspace.store
        if let runID = request.runID, let run = try await store.run(RunKey(dagID: request.dagID, runID: runID)),
            !run.state.isFinished
        {
            return (try await workspace.snapshot(of: run), false)
        }
        let factory = RunFactory(store: store, dags: engine.library, wallClock: SystemWallClock())
        return (try await RunConfiguration.checked { try await factory.makeRun(request) }, true)
    }

    private func listen(_ engine: RunEngine, _ progress: any RunDisplay) {
        Interrupts.listen(
            first: { _ in
                progress.say("Ending the run; press Ctrl-C again to end at once.")
                // With the runs that this one has triggered, and those that they will.
                engine.mailbox.cancelRuns(reason: "cancelled")
            },
            second: { number in
                engine.executor.killAll()
                Terminal.exitNow(128 + number)
            })
    }
}
