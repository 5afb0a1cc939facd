/// Which asset events a run consumes: those of `assets` and those through `aliases` that were registered within the
/// window, without what an earlier run of the DAG has consumed. Source: Airflow 3.3 `jobs/scheduler_job_runner.py`
/// (`_create_dag_runs_asset_triggered`).
package struct AssetConsumption: Sendable, Hashable {
    package var run: RunKey
    package var assets: [AssetKey]
    package var aliases: [String]
    /// The first instant of the window; `nil`: it has no beginning.
    package var from: Timestamp?
    /// The last instant of the window.
    package var through: Timestamp

    package init(run: RunKey, assets: [AssetKey], aliases: [String], from: Timestamp?, through: Timestamp) {
        self.run = run
        self.assets = assets
        self.aliases = aliases
        self.from = from
        self.through = through
    }
}
