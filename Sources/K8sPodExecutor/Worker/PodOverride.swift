import PipelineCore

/// `executor_config={"pod_override": k8s.V1Pod(...)}` as it comes out of a serialized DAG: Airflow's encoding of a
/// dictionary, and in it the pod as Kubernetes JSON.
/// Source: Airflow 3.3 `serialization/serialized_objects.py` (`DAT.POD`).
struct PodOverride {
    private static let field = "executor_config.pod_override"

    /// `nil` where the author wrote none.
    let pod: JSONValue?

    /// - Throws: ``PodBuildError`` that names file, task and field.
    init(_ launch: TaskLaunch) throws {
        let place = "\(launch.dag.header.relativeFileLocation), task \(launch.task.id)"
        let config = ExecutorConfig(launch.task.executorConfig)
        guard config["pod_template_file"] == nil else {
            throw PodBuildError(
                "executor_config.pod_template_file",
                "\(place): a template of one task's own is not read; use pod_override, or the site's pod_template_file")
        }
        pod = try config["pod_override"].map { try Self.pod($0, place) }
    }

    private static func pod(_ value: JSONValue, _ place: String) throws -> JSONValue {
        let type = value["__type"]?.stringValue
        // A pod object stands there as it is; dictionaries are encoded on all levels.
        let pod = type == "k8s.V1Pod" ? value["__var"] ?? .null : ExecutorConfig.decoded(value)
        guard let members = pod.objectValue, members["__type"] == nil else {
            throw PodBuildError(
                field,
                "\(place): a kubernetes.client.models.V1Pod is expected, and this is \(type ?? value.serialized())")
        }
        for key in members.keys where !["apiVersion", "kind", "metadata", "spec", "status"].contains(key) {
            throw PodBuildError("\(field).\(key)", "\(place): a pod has no such field; it has metadata and spec")
        }
        for key in ["metadata", "spec"] {
            guard let part = members[key], !part.isNull else { continue }
            guard part.objectValue != nil else {
                throw PodBuildError(
                    "\(field).\(key)", "\(place): an object is expected, and this is \(part.serialized())")
            }
        }
        return pod
    }
}
