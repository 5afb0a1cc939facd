/// The watchers that DAGs give their assets: which triggers are to run. An asset is watched while it is active and the
/// schedule of a DAG that is not paused names it; what another DAG says of the same asset counts too.
/// Source: Airflow 3.3 `dag_processing/collection.py` (`add_asset_trigger_references`).
package struct AssetWatchers: Sendable {
    private var watched: [AssetKey: Set<EventTriggerID>] = [:]
    private var scheduled: Set<AssetKey> = []

    package init() {}

    /// - Parameter isPaused: a DAG that is paused keeps no watcher going.
    package mutating func add(_ dag: DAG, isPaused: Bool) {
        if let condition = dag.header.timetable.assetCondition {
            if !isPaused { scheduled.formUnion(Self.assets(condition)) }
            take(condition)
        }
        for task in dag.tasks { for asset in task.inlets + task.outlets { take(asset) } }
    }

    private static func assets(_ condition: JSONValue) -> [AssetKey] {
        (AssetCondition(condition)?.leaves ?? []).compactMap { if case .asset(let asset) = $0 { asset } else { nil } }
    }

    private mutating func take(_ asset: JSONValue) {
        for member in asset["objects"]?.arrayValue ?? [] { take(member) }
        guard case .asset(let key)? = AssetCondition(asset) else { return }
        for watcher in asset["watchers"]?.arrayValue ?? [] {
            guard let triggerClass = watcher["trigger"]?["classpath"]?.stringValue else { continue }
            watched[key, default: []].insert(
                EventTriggerID(triggerClass: triggerClass, kwargs: watcher["trigger"]?["kwargs"] ?? [:]))
        }
    }

    /// The triggers that are to run.
    package func triggers(active: Set<AssetKey>) -> [EventTrigger] {
        var assets: [EventTriggerID: [AssetKey]] = [:]
        for (asset, ids) in watched where active.contains(asset) && scheduled.contains(asset) {
            for id in ids { assets[id, default: []].append(asset) }
        }
        return assets.map { EventTrigger(triggerClass: $0.triggerClass, kwargs: $0.kwargs, assets: $1.sorted()) }
    }
}
