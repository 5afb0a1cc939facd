import PipelineCore

/// Follows a run that a scheduler carries out, through the rows of the store, and shows it as if it ran here.
struct RunFollower: Sendable {
    let workspace: Workspace
    let display: any RunDisplay

    /// How often the rows are looked at.
    static let interval = Duration.milliseconds(200)

    /// Looks between two looks at whether a scheduler leads.
    private static let leaderInterval = 25

    /// Returns the run when it has ended.
    func follow(_ key: RunKey) async throws -> DAGRun {
        var shown: [TaskInstanceKey: TaskInstance] = [:]
        var (looks, isLed) = (0, true)
        while true {
            looks += 1
            if looks.isMultiple(of: Self.leaderInterval) { isLed = try await tellLeader(wasLed: isLed) }
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

    private func tellLeader(wasLed: Bool) async throws -> Bool {
        let leader = try await workspace.leader()
        if leader == nil, wasLed {
            display.say("No scheduler leads any more; the run waits for one. Ctrl-C twice leaves it.")
        } else if let leader, !wasLed {
            display.say("The scheduler \(LeaseHolder.shown(leader.holder)) goes on with the run.")
        }
        return leader != nil
    }
}
