package import PipelineCore

/// What a Python environment has installed.
package struct PythonVersions: Sendable, Hashable {
    /// The interpreter's version: `3.11.7`.
    package var python: String?
    /// `apache-airflow-task-sdk`
    package var taskSDK: String?
    /// `apache-airflow-core`
    package var core: String?
    /// `apache-airflow-providers-standard`
    package var standardProvider: String?
    /// `apache-airflow-providers-cncf-kubernetes`
    package var kubernetesProvider: String?

    package init(_ value: JSONValue) {
        python = value["python"]?.stringValue
        taskSDK = value["apache-airflow-task-sdk"]?.stringValue
        core = value["apache-airflow-core"]?.stringValue
        standardProvider = value["apache-airflow-providers-standard"]?.stringValue
        kubernetesProvider = value["apache-airflow-providers-cncf-kubernetes"]?.stringValue
    }

    /// A key for caches of what was read with this environment: it changes when any of the versions does.
    package var fingerprint: String {
        [python, taskSDK, core, standardProvider, kubernetesProvider].map { $0 ?? "-" }.joined(separator: " ")
    }
}
