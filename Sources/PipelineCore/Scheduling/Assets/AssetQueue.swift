/// An asset that has had an event which a DAG waits for: a row of `asset_dag_run_queue`.
package struct QueuedAsset: Sendable, Hashable {
    package var dagID: String
    package var asset: AssetKey
    /// When the first such event was registered.
    package var at: Timestamp

    package init(dagID: String, asset: AssetKey, at: Timestamp) {
        self.dagID = dagID
        self.asset = asset
        self.at = at
    }
}

/// Since when a DAG's schedule names an asset: a row of `dag_schedule_asset_reference`.
package struct AssetReference: Sendable, Hashable {
    package var asset: AssetKey
    package var since: Timestamp

    package init(asset: AssetKey, since: Timestamp) {
        self.asset = asset
        self.since = since
    }
}

/// What the store knows of runs that assets are to start: all that an ``AssetPlanner`` needs at a start.
package struct AssetQueue: Sendable, Hashable {
    /// By DAG, then asset.
    package var queued: [QueuedAsset] = []
    /// The assets that events through each alias went to.
    package var aliases: [String: Set<AssetKey>] = [:]
    /// By DAG; each in the order of the assets.
    package var references: [String: [AssetReference]] = [:]
    /// The newest `run_after` of each DAG's runs that assets have started.
    package var lastRuns: [String: Timestamp] = [:]

    package init() {}
}
