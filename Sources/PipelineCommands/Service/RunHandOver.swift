import PipelineCore

/// Gives a run to the scheduler that works on the store.
struct RunHandOver {
    let workspace: Workspace
    let library: DAGLibrary

    /// The run that was made, or an unfinished one of this id, which the scheduler has.
    func give(_ request: TriggerRequest) async throws -> RunKey {
        let store = workspace.store
        if let runID = request.runID, let run = try await store.run(RunKey(dagID: request.dagID, runID: runID)),
            !run.state.isFinished
        {
            return run.key
        }
        let factory = RunFactory(store: store, dags: library, wallClock: SystemWallClock())
        let snapshot = try await RunConfiguration.checked { try await factory.makeRun(request) }
        try await store.commitOnce([.saveRun(snapshot.run)])
        Nudge.send(workspace.configuration)
        return snapshot.run.key
    }
}
