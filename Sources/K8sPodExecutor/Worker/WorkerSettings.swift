/// How pods of Airflow's worker image are made. What is missing is said when a task needs it, not before.
package struct WorkerSettings: Sendable, Hashable {
    /// Airflow's `[kubernetes_executor] worker_container_repository:worker_container_tag`.
    package var image: String?
    /// Where workers find the Task Execution API: `[core] execution_api_server_url`.
    package var executionAPI: String?
    /// `[dag_processor] dag_bundle_config_list`, as JSON; `nil`: what the image is configured with.
    package var bundles: String?
    /// The bundle that DAG files are in.
    package var bundleName = "dags-folder"
    /// Seconds until the container must have started. Source: Airflow `[scheduler] task_queued_timeout`.
    package var startSeconds = 600.0
    /// The user of Airflow's image. Source: its Dockerfile (`AIRFLOW_UID`).
    package var user = 50_000
    /// How long a pod may run on after its worker has said how the task ended: for callbacks, and the rest of the log.
    package var endGrace: Duration = .seconds(30)

    package init() {}

    /// How long a token holds that a pod is made with: until the container must have started, and as long again for the
    /// worker's first call.
    var tokenLifetime: Duration { .seconds(Int(startSeconds) * 2) }
}
