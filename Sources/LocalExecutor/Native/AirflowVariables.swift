import PipelineCore

/// The variables by which a program learns of its task. Source: Airflow 3.3 `sdk/execution_time/context.py`
/// (`context_to_airflow_vars`).
enum AirflowVariables {
    static func of(_ launch: TaskLaunch) -> [String: String] {
        var result = [
            "AIRFLOW_CTX_DAG_OWNER": launch.task.owner, "AIRFLOW_CTX_DAG_ID": launch.run.key.dagID,
            "AIRFLOW_CTX_TASK_ID": launch.task.id, "AIRFLOW_CTX_TRY_NUMBER": String(launch.instance.tryNumber),
            "AIRFLOW_CTX_DAG_RUN_ID": launch.run.key.runID,
        ]
        if let logicalDate = launch.run.logicalDate { result["AIRFLOW_CTX_LOGICAL_DATE"] = logicalDate.isoFormat }
        return result
    }
}
