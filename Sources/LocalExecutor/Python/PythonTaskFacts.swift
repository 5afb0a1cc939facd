package import PipelineCore

/// What the Task SDK's runner asks beyond the task service.
package protocol PythonTaskFacts: Sendable {
    /// Keys of the XComs that an instance has left, which the runner deletes before it runs.
    func xcomKeys(of task: TaskInstanceKey) async throws -> [String]
    /// Asset events that caused the run.
    func consumedAssetEvents(of run: RunKey) async throws -> [AssetEvent]
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

    /// Runs that assets trigger are made by the scheduler service; a run of this store has consumed none.
    package func consumedAssetEvents(of run: RunKey) async throws -> [AssetEvent] { [] }

    package func assets(ofAlias name: String) async throws -> [AssetRecord] {
        var found: [AssetRecord] = []
        for event in try await store.assetEvents(name: nil, uri: nil, aliasName: name) {
            guard !found.contains(where: { $0.name == event.name && $0.uri == event.uri }),
                let asset = try await store.asset(uri: event.uri)
            else { continue }
            found.append(asset)
        }
        return found
    }

    package func taskIDs(inGroup group: String, dagID: String) async throws -> [String]? {
        let members = try await dag(dagID)?.tasks.filter { $0.groupIDs.contains(group) }.map(\.id)
        return members?.isEmpty == false ? members : nil
    }
}
