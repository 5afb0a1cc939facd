package import PipelineCore

extension InMemoryStore {
    package func callbacks() async throws -> [CallbackRequest] {
        withCore { core in core.callbacks.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) } }
    }

    package func deadlines(run: RunKey?, isMissed: Bool?) async throws -> [Deadline] {
        withCore { $0.deadlines(run: run, isMissed: isMissed) }
    }
}

extension InMemoryStoreCore {
    /// What is asked of a run that has gone meanwhile is dropped.
    mutating func save(_ request: CallbackRequest) {
        guard runs[request.run] != nil else { return }
        guard var known = callbacks[request.id] else {
            callbacks[request.id] = request
            return
        }
        (known.attempts, known.dueAt) = (request.attempts, request.dueAt)
        callbacks[request.id] = known
    }

    mutating func save(_ deadline: Deadline) {
        guard runs[deadline.run] != nil else { return }
        guard var known = deadlines[deadline.id] else {
            deadlines[deadline.id] = deadline
            return
        }
        (known.time, known.isMissed) = (deadline.time, deadline.isMissed)
        deadlines[deadline.id] = known
    }

    package func deadlines(run: RunKey?, isMissed: Bool?) -> [Deadline] {
        deadlines.values.filter { deadline in
            (run ?? deadline.run) == deadline.run && (isMissed ?? deadline.isMissed) == deadline.isMissed
        }.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    }

    mutating func removeCallbacks(_ run: RunKey) -> Int {
        let own = callbacks.values.filter { $0.run == run }
        for request in own { callbacks[request.id] = nil }
        return own.count
    }

    mutating func removeDeadlines(_ run: RunKey) -> Int {
        let own = deadlines.values.filter { $0.run == run }
        for deadline in own { deadlines[deadline.id] = nil }
        return own.count
    }
}
