import PipelineCore

/// Tells the watchers of assets what is to be watched: after each reading of the folder, and when a DAG is paused or goes on.
struct Watching: Sendable {
    let library: DAGLibrary
    let store: any PipelineStore
    let service: WatcherService

    func update() async throws {
        let paused = try await StoreWatch.paused(store)
        var watchers = AssetWatchers()
        for loaded in library.catalog.dags { watchers.add(loaded.dag, isPaused: paused.contains(loaded.dag.id)) }
        service.watch(watchers.triggers(active: Set(try await store.assets().filter(\.isActive).map(\.key))))
    }
}
