import K8sPodExecutor
import PipelineCore

/// Pods of Airflow's worker image, as the settings want them.
struct WorkerOptions {
    let configuration: Configuration

    init(_ configuration: Configuration) { self.configuration = configuration }

    /// - Throws: ``UsageError`` for a value that cannot be meant; what is missing is said by the task that needs it.
    func settings() throws -> WorkerSettings {
        var settings = WorkerSettings()
        settings.image = given(.workerImage)
        settings.bundleName = DAGLibrary.bundleName
        settings.executionAPI = try executionAPI()
        settings.bundles = try bundles()
        return settings
    }

    private func executionAPI() throws -> String? {
        guard let url = given(.executionAPIURL) else { return nil }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw UsageError(
                "execution_api_url must begin with http:// or https://, not '\(url)' (from \(source(.executionAPIURL)))")
        }
        return url
    }

    /// A worker that does not know the bundle of its DAG looks for it for minutes, and fails then.
    private func bundles() throws -> String? {
        guard let text = given(.dagBundles) else { return nil }
        guard let names = (try? JSONValue.parse(text))?.arrayValue?.map({ $0["name"]?.stringValue }),
            names.allSatisfy({ $0 != nil })
        else {
            throw UsageError(
                "dag_bundles must be a JSON list of {\"name\", \"classpath\", \"kwargs\"} (from \(source(.dagBundles)))")
        }
        guard names.contains(DAGLibrary.bundleName) else {
            throw UsageError(
                "dag_bundles has no bundle '\(DAGLibrary.bundleName)', which the DAGs are in (from \(source(.dagBundles)))")
        }
        return text
    }

    private func given(_ setting: Setting) -> String? { configuration[setting].isEmpty ? nil : configuration[setting] }

    private func source(_ setting: Setting) -> String { configuration.values[setting]?.source ?? "" }
}

/// The container that keeps results, as the settings want it.
struct SidecarOptions {
    let configuration: Configuration

    init(_ configuration: Configuration) { self.configuration = configuration }

    /// - Throws: ``UsageError``
    func sidecar() throws -> XComSidecar {
        var sidecar = XComSidecar()
        sidecar.isDefault = configuration[.xcom] == "sidecar"
        let image = configuration[.xcomSidecarContainerImage]
        if !image.isEmpty { sidecar.image = image }
        let resources = configuration[.xcomSidecarContainerResources]
        guard !resources.isEmpty else { return sidecar }
        guard let value = try? JSONValue.parse(resources), value.objectValue != nil else {
            throw UsageError(
                "xcom_sidecar_container_resources must be JSON like {\"requests\": {\"cpu\": \"1m\"}}, not '\(resources)'")
        }
        sidecar.resources = value
        return sidecar
    }
}
