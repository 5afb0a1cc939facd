import PipelineCore

/// Runs that assets have started have events to work on, no event is worked on twice by one DAG, and nothing that is due waits.
enum AssetCheck {
    static func problems(_ core: InMemoryStoreCore, _ versions: ClusterVersions) -> [String] {
        var found: [String] = []
        var consumers: [Consumer: RunKey] = [:]
        for run in core.runs.values.sorted(by: { $0.key < $1.key }) where run.type == .assetTriggered {
            let events = core.consumedEvents[run.key] ?? []
            if events.isEmpty { found.append("I9: run \(run.key) was started by assets and has none of their events") }
            for event in events {
                if let other = consumers.updateValue(run.key, forKey: Consumer(dagID: run.key.dagID, event: event)) {
                    found.append("I9: run \(run.key) works on event \(event), as run \(other) does")
                }
            }
        }
        return found + due(core, versions)
    }

    private struct Consumer: Hashable {
        let dagID: String
        let event: Int
    }

    private static func due(_ core: InMemoryStoreCore, _ versions: ClusterVersions) -> [String] {
        let index = AssetIndex(active: ClusterDAG.assets, aliases: core.assetQueue.aliases)
        return versions.latest.values.compactMap { version in
            guard let text = version.schedule(isPaused: false, last: nil).assetCondition, let condition = AssetCondition(text) else {
                return nil
            }
            let queued = Set(core.assetQueue.queued.filter { $0.dagID == version.dag.id }.map(\.asset))
            return condition.holds(queued, index) ? "L2: DAG \(version.dag.id) has the events that it waits for, and no run" : nil
        }
    }
}
