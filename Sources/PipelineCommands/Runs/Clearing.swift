import PipelineCore

/// Makes tasks of runs run again: through the scheduler that leads, or in the store where none does.
struct Clearing {
    let workspace: Workspace
    let options: ClearOptions

    /// Which tasks of a DAG; `nil`: all.
    typealias Selection = (DAG) throws -> [String]?

    /// What is to be done with one run.
    private struct Step {
        var request: ClearRequest
        var version: VersionChange?
        var changes: [StoreChange]
        /// The tries that are cleared, as they were.
        var cleared: [TaskInstance]
    }

    /// - Parameter configure: what of the request is not in the options.
    /// - Returns: the tries that were cleared, as they were.
    func clear(
        _ runs: [DAGRun], tasks: Selection, _ configure: (inout ClearRequest) -> Void = { _ in }
    ) async throws -> [TaskInstance] {
        var steps: [Step] = []
        for run in runs {
            let step = try await step(run, tasks, configure)
            if !step.cleared.isEmpty { steps.append(step) }
        }
        guard !steps.isEmpty else { return [] }
        try confirm(steps.flatMap(\.cleared))
        let isLed = try await workspace.leader() != nil
        for step in steps { try await carryOut(step, isLed: isLed) }
        return steps.flatMap(\.cleared)
    }

    private func step(_ run: DAGRun, _ tasks: Selection, _ configure: (inout ClearRequest) -> Void) async throws -> Step {
        try RunOwnership.checkFree(run.key, home: workspace.configuration[.home])
        let snapshot = try await workspace.snapshot(of: run)
        let latest = try await workspace.latestVersion(dagID: run.key.dagID)
        let isLatest = options.runOnLatestVersion ?? latest.dag.header.rerunWithLatestVersion ?? false
        let version = isLatest ? VersionChange(to: latest, xcoms: snapshot.xcoms) : nil
        if let task = version?.stranded(among: snapshot.taskInstances).first {
            throw CommandFailure(
                "task '\(task.taskID)' of run '\(run.key)' is \(task.state?.rawValue ?? "") and the latest version of the DAG "
                    + "has no such task; wait for its end, or 'pipeline runs cancel \(run.key.dagID) \(run.key.runID)'")
        }
        var request = ClearRequest(run: run.key, taskIDs: try tasks(version?.pinned.dag ?? snapshot.dag))
        (request.onlyFailed, request.onlyRunning) = (options.onlyFailed, options.onlyRunning)
        request.runOnLatestVersion = isLatest
        configure(&request)
        let changes = Self.changes(snapshot, request, version)
        return Step(request: request, version: version, changes: changes, cleared: Self.cleared(changes, of: snapshot))
    }

    /// A try that runs is not archived before its process is gone.
    private static func cleared(_ changes: [StoreChange], of snapshot: RunSnapshot) -> [TaskInstance] {
        let ids = Set(
            changes.compactMap { change -> UUID7? in
                switch change {
                case .archiveTask(let instance): instance.id
                case .saveTask(let instance) where instance.state == .restarting: instance.id
                default: nil
                }
            })
        return snapshot.taskInstances.filter { ids.contains($0.id) }
    }

    private static func changes(
        _ snapshot: RunSnapshot, _ request: ClearRequest, _ version: VersionChange?
    ) -> [StoreChange] {
        var machine = OfflineMachine.make()
        let now = SystemWallClock().now()
        let event: SchedulerEvent = version.map { .tasksClearedOnVersion(request, $0) } ?? .tasksCleared(request)
        return OfflineMachine.changes(
            machine.handle(.runLoaded(snapshot), now: now) + machine.handle(event, now: now))
    }

    private func carryOut(_ step: Step, isLed: Bool) async throws {
        guard isLed else {
            return try await workspace.store.commit(step.changes, epoch: try await workspace.store.currentEpoch())
        }
        try await workspace.ask(.clear(step.request))
        guard let wanted = step.version?.pinned.versionID else { return }
        let now = try await workspace.store.run(step.request.run)?.dagVersionID
        // The folder may have changed meanwhile: what is the latest is the scheduler's to say.
        let latest = try await workspace.store.latestDAGVersion(dagID: step.request.run.dagID)?.id
        guard now == wanted || now == latest else {
            throw CommandFailure(
                "run '\(step.request.run)' was not cleared: a task runs that the latest version of its DAG no longer has")
        }
    }

    private func confirm(_ instances: [TaskInstance]) throws {
        guard !options.yes else { return }
        for instance in instances { Terminal.note("\(instance.key)  \(instance.state?.rawValue ?? "none")") }
        Terminal.note("Clear these \(instances.count) task instance(s)? Type 'yes' to go on:")
        guard readLine() == "yes" else { throw CommandFailure("Cancelled") }
    }
}

extension Clearing {
    static let columns = ["run_id", "task_id", "map_index", "state", "try_number"]

    /// Clears, and prints what was cleared and who goes on.
    func clearAndReport(
        _ runs: [DAGRun], _ output: OutputOptions, tasks: Selection, _ configure: (inout ClearRequest) -> Void = { _ in }
    ) async throws {
        let cleared = try await clear(runs, tasks: tasks, configure)
        guard !cleared.isEmpty else { return Terminal.print("Nothing to clear.") }
        let rows = cleared.map { instance in
            var row = RunDocument.taskInstance(instance)
            row["run_id"] = .string(instance.key.run.runID)
            return row
        }
        output.print(Table(columns: Self.columns, rows: rows))
        guard try await workspace.leader() == nil else { return }
        for key in Set(cleared.map(\.key.run)).sorted() {
            Terminal.note("Carry it out with: pipeline run \(key.dagID) --run-id \(key.runID)")
        }
    }
}
