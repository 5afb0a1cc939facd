package import PipelineCore

/// What the Task SDK's runner asks beyond the task service.
package protocol PythonTaskFacts: Sendable {
    /// Keys of the XComs that an instance has left, which the runner deletes before it runs.
    func xcomKeys(of task: TaskInstanceKey) async throws -> [String]
    /// Asset events that caused the run.
    func consumedAssetEvents(of run: RunKey) async throws -> [ConsumedAssetEvent]
    /// The assets that an alias stands for.
    func assets(ofAlias name: String) async throws -> [AssetRecord]
    /// The ids of all tasks below a task group; `nil` where there is no such group.
    func taskIDs(inGroup group: String, dagID: String) async throws -> [String]?
}

/// These facts from the metadata store.
package struct StorePythonTaskFacts: PythonTaskFacts {
    private let store: any PipelineStore
    private let dag: @Sendable (String) async throws -> DAG?

    /// - Parameter dag: the latest version of a DAG.
    package init(store: any PipelineStore, dag: @escaping @Sendable (String) async throws -> DAG?) {
        self.store = store
        self.dag = dag
    }

    package func xcomKeys(of task: TaskInstanceKey) async throws -> [String] {
        try await store.xcoms(run: task.run, taskIDs: [task.taskID], key: nil)
            .filter { $0.task.mapIndex == task.mapIndex }.map(\.key)
    }

    package func consumedAssetEvents(of run: RunKey) async throws -> [ConsumedAssetEvent] {
        let events = try await store.consumedAssetEvents(run)
        guard !events.isEmpty else { return [] }
        let assets = Dictionary(try await store.assets().map { ($0.key, $0.extra) }) { first, _ in first }
        return events.map { ConsumedAssetEvent(event: $0, assetExtra: assets[$0.asset] ?? [:]) }
    }

    package func assets(ofAlias name: String) async throws -> [AssetRecord] { try await store.assets(ofAlias: name) }

    package func taskIDs(inGroup group: String, dagID: String) async throws -> [String]? {
        let members = try await dag(dagID)?.tasks.filter { $0.groupIDs.contains(group) }.map(\.id)
        return members?.isEmpty == false ? members : nil
    }
}

/// An event that caused a run, with what its asset says of itself.
package struct ConsumedAssetEvent: Sendable, Hashable {
    package var event: AssetEvent
    package var assetExtra: JSONValue

    package init(event: AssetEvent, assetExtra: JSONValue) {
        self.event = event
        self.assetExtra = assetExtra
    }
}
