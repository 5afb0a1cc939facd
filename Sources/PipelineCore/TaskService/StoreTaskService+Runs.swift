extension StoreTaskService {
    package func run(_ key: RunKey) async throws -> DAGRun? { try await store.run(key) }

    package func countRuns(_ filter: RunFilter) async throws -> Int { try await store.countRuns(filter) }

    package func previousRun(dagID: String, before: Timestamp, states: [RunState]) async throws -> DAGRun? {
        try await store.previousRun(dagID: dagID, before: before, states: states)
    }

    /// Creates the run and commits it before it answers, so that whoever asked can look it up at once.
    package func triggerRun(_ request: TriggerRequest) async throws {
        let snapshot = try await runs.makeRun(request)
        try await store.commit([.saveRun(snapshot.run)], epoch: epoch)
        inbox.post(.runCreated(snapshot))
    }

    /// Runs all tasks of a finished run again. Source: Airflow's `POST /dag-runs/{dag_id}/{run_id}/clear`.
    package func clearRun(_ key: RunKey) async throws {
        guard let run = try await store.run(key) else {
            throw TaskServiceError(.notFound, reason: "not_found", "run '\(key)' was not found")
        }
        guard let id = run.dagVersionID, let pinned = try await dags.version(id) else {
            throw TaskServiceError(.notFound, reason: "not_found", "the DAG version of run '\(key)' was not found")
        }
        inbox.post(.runLoaded(try await loader.load(run, dag: pinned.dag, xcoms: store)))
        inbox.post(.tasksCleared(ClearRequest(run: key)))
    }

    package func taskInstances(_ filter: TaskFilter) async throws -> [TaskInstance] {
        try await store.taskInstances(filter)
    }
}
