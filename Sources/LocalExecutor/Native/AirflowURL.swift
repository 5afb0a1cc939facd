import PipelineCore

/// Links into the web interface. Source: Airflow 3.3 `utils/helpers.py` (`build_airflow_dagrun_url`).
enum AirflowURL {
    /// - Parameter runID: `nil` is written as Python's `None`, as Airflow does.
    static func run(_ dagID: String, _ runID: String?, _ setup: LocalExecutorSetup) -> String {
        var base = setup.environment["AIRFLOW__API__BASE_URL"] ?? ""
        while base.hasSuffix("/") { base.removeLast() }
        return "\(base)/dags/\(dagID)/runs/\(runID ?? "None")"
    }
}
