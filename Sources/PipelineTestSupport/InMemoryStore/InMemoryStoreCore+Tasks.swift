package import PipelineCore

extension InMemoryStoreCore {
    mutating func save(_ task: TaskInstance) {
        if let other = tryIDs[task.key], other != task.id { removeLive(other) }
        removeLive(task.id)
        tasks[task.key.run, default: [:]][task.id] = task
        tryIDs[task.key] = task.id
        keys[task.id] = task.key
    }

    private mutating func removeLive(_ id: UUID7) {
        guard let key = keys.removeValue(forKey: id) else { return }
        tryIDs[key] = nil
        tasks[key.run]?[id] = nil
    }

    mutating func archive(_ task: TaskInstance) {
        var tries = histories[task.key, default: []]
        tries.removeAll { $0.id == task.id }
        tries.append(task)
        tries.sort { ($0.tryNumber, $0.id) < ($1.tryNumber, $1.id) }
        histories[task.key] = tries
        removeLive(task.id)
    }

    /// Ordered by dag, run, task, map index.
    package func taskInstances(_ filter: TaskFilter) -> [TaskInstance] {
        let candidates =
            filter.run.map { tasks[$0].map { Array($0.values) } ?? [] } ?? tasks.values.flatMap { $0.values }
        return candidates.filter { matches($0, filter) }.sorted { $0.key < $1.key }
    }

    private func matches(_ task: TaskInstance, _ filter: TaskFilter) -> Bool {
        func within<Value: Equatable>(_ values: [Value], _ value: Value?) -> Bool {
            values.isEmpty || value.map(values.contains) ?? false
        }
        return within(filter.dagID.map { [$0] } ?? [], task.key.run.dagID)
            && within(filter.runIDs, task.key.run.runID) && within(filter.taskIDs, task.key.taskID)
            && within(filter.mapIndex.map { [$0] } ?? [], task.key.mapIndex) && within(filter.states, task.state)
            && (filter.logicalDates.isEmpty || within(filter.logicalDates, runs[task.key.run]?.logicalDate))
    }

    package func taskInstance(id: UUID7) -> TaskInstance? { keys[id].flatMap { tasks[$0.run]?[id] } }

    package func history(_ key: TaskInstanceKey) -> [TaskInstance] { histories[key] ?? [] }

    mutating func save(_ poke: TaskReschedule) {
        var known = pokes[poke.tryID, default: []]
        known.removeAll { $0.startDate == poke.startDate }
        known.append(poke)
        known.sort { $0.startDate < $1.startDate }
        pokes[poke.tryID] = known
    }

    package func reschedules(tryID: UUID7) -> [TaskReschedule] { pokes[tryID] ?? [] }

    mutating func setRenderedFields(_ fields: JSONObject, of key: TaskInstanceKey) throws(StoreError) {
        guard runs[key.run] != nil else { throw Self.missing(key.run) }
        renderedFields[key] = fields
    }
}

extension InMemoryStoreCore {
    package mutating func setXCom(_ xcom: XCom) throws(StoreError) {
        _ = try InMemoryStore.encodedValue(of: xcom)
        guard runs[xcom.task.run] != nil else { throw Self.missing(xcom.task.run) }
        xcoms[xcom.task, default: [:]][xcom.key] = xcom
    }

    /// By task id, map index and key.
    package func xcoms(run: RunKey, taskIDs: [String]?, key: String?) -> [XCom] {
        xcoms.filter { $0.key.run == run && taskIDs?.contains($0.key.taskID) ?? true }
            .flatMap { $0.value.values.filter { key == nil || $0.key == key } }
            .sorted { ($0.task, $0.key) < ($1.task, $1.key) }
    }

    package func latestXCom(_ task: TaskInstanceKey, key: String) -> XCom? {
        guard let run = runs[task.run] else { return nil }
        func date(_ run: DAGRun) -> Timestamp { run.logicalDate ?? run.runAfter }
        return runs.values.filter { $0.key.dagID == task.run.dagID && date($0) <= date(run) }
            .compactMap { run -> (Timestamp, XCom)? in
                let prior = TaskInstanceKey(run: run.key, taskID: task.taskID, mapIndex: task.mapIndex)
                return xcoms[prior]?[key].map { (date(run), $0) }
            }
            .max { ($0.0, $0.1.timestamp) < ($1.0, $1.1.timestamp) }?.1
    }
}
