/// Why a run exists; its raw value is the prefix of generated run ids. Source: Airflow 3.3 `utils/types.py`.
package enum RunType: String, Sendable, Hashable, CaseIterable {
    case backfill
    case scheduled
    case manual
    case operatorTriggered = "operator_triggered"
    case assetTriggered = "asset_triggered"
    case assetMaterialization = "asset_materialization"

    /// The type that a run id's prefix names; `manual` for any other id.
    package init(runID: String) {
        self = Self.allCases.first { runID.hasPrefix($0.rawValue + "__") } ?? .manual
    }

    /// `<type>__<run_after>`, Airflow's generated run id.
    package func runID(runAfter: Timestamp) -> String { "\(rawValue)__\(runAfter.isoFormat)" }
}

/// Who asked for a run. Source: Airflow 3.3 `utils/types.py` (`DagRunTriggeredByType`).
package enum RunTrigger: String, Sendable, Hashable, CaseIterable {
    case cli, `operator`, ui, test, timetable, asset, backfill
    case restAPI = "rest_api"
}
