import DAGParsing
import PipelineCore

/// Where the DAGs of the folder name assets and aliases.
struct AssetUses {
    let catalog: DAGCatalog

    /// DAGs whose schedules name the asset, or refer to it.
    func scheduledDAGs(_ asset: AssetKey) -> [String] {
        dags { Self.leaves($0.header.timetable).contains { Self.names($0, asset) } }
    }

    /// DAGs that have a task with the asset as an outlet.
    func producingDAGs(_ matches: (AssetKey) -> Bool) -> [String] {
        dags { dag in dag.tasks.contains { $0.outlets.contains { Self.key($0).map(matches) ?? false } } }
    }

    /// `dag.task`, for the tasks whose outlets (or inlets) name the asset.
    func tasks(_ side: KeyPath<TaskDefinition, [JSONValue]>, _ asset: AssetKey) -> [String] {
        catalog.dags.flatMap { loaded in
            loaded.dag.tasks.filter { $0[keyPath: side].contains { Self.key($0) == asset } }
                .map { "\(loaded.dag.id).\($0.id)" }
        }.sorted()
    }

    /// All aliases that DAGs name, sorted.
    var aliases: [String] {
        let named = catalog.dags.flatMap { loaded in
            Self.leaves(loaded.dag.header.timetable).compactMap { if case .alias(let name) = $0 { name } else { nil } }
                + loaded.dag.tasks.flatMap { ($0.inlets + $0.outlets).compactMap(Self.alias) }
        }
        return Set(named).sorted()
    }

    private func dags(_ isOne: (DAG) -> Bool) -> [String] { catalog.dags.map(\.dag).filter(isOne).map(\.id).sorted() }

    private static func leaves(_ definition: TimetableDefinition) -> [AssetCondition] {
        definition.assetCondition.flatMap { AssetCondition($0) }?.leaves ?? []
    }

    private static func names(_ leaf: AssetCondition, _ asset: AssetKey) -> Bool {
        switch leaf {
        case .asset(let key): key == asset
        case .reference(let name, let uri): (name ?? asset.name) == asset.name && (uri ?? asset.uri) == asset.uri
        case .alias, .all, .any: false
        }
    }

    private static func key(_ asset: JSONValue) -> AssetKey? {
        guard case .asset(let key) = AssetCondition(asset) else { return nil }
        return key
    }

    private static func alias(_ asset: JSONValue) -> String? {
        guard case .alias(let name) = AssetCondition(asset) else { return nil }
        return name
    }
}
