import PipelineCore

/// Follows a run that a scheduler carries out, through the rows of the store, and shows it as if it ran here.
struct RunFollower: Sendable {
    let workspace: Workspace
    let display: any RunDisplay

    /// How often the rows are looked at.
    static let interval = Duration.milliseconds(200)

    /// Returns the run when it has ended.
    func follow(_ key: RunKey) async throws -> DAGRun {
        var shown: [TaskInstanceKey: TaskInstance] = [:]
        while true {
            guard let run = try await workspace.store.run(key) else {
                throw CommandFailure("run '\(key)' is no longer in the store")
            }
            let instances = try await workspace.store.taskInstances(TaskFilter(run: key))
            let news = instances.filter { shown[$0.key] != $0 }
            for instance in news { shown[instance.key] = instance }
            let now = SystemWallClock().now()
            display.committed(news.map { .saveTask($0) } + [.saveRun(run)], at: now)
            if run.state.isFinished { return run }
            display.tick(at: now)
            try await ContinuousClock().sleep(for: Self.interval)
        }
    }
}
