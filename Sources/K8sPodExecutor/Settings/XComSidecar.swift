package import PipelineCore

/// A container beside `base` that keeps its result until it is read: for results that are too large for a termination
/// message, and for images that count on Airflow's own way.
/// Source: apache-airflow-providers-cncf-kubernetes `utils/xcom_sidecar.py`.
package struct XComSidecar: Sendable, Hashable {
    package static let containerName = "airflow-xcom-sidecar"
    static let mountPath = "/airflow/xcom"
    static let resultPath = mountPath + "/return.json"
    private static let volumeName = "xcom"
    private static let command = "trap \"exit 0\" INT; while true; do sleep 1; done;"

    /// Whether results are read this way where a task does not say (`executor_config={"xcom": ...}`).
    package var isDefault = false
    package var image = "alpine:3.24.2"
    /// Kubernetes JSON.
    package var resources: JSONValue = ["requests": ["cpu": "1m", "memory": "10Mi"]]
    /// The operator's `xcom_sidecar_container_security_context`; `null`: that of the site.
    package var securityContext: JSONValue = .null

    package init() {}

    /// The pod with the container, and the volume that it shares with the first one; what is there already stays.
    func added(to pod: JSONValue) -> JSONValue {
        let volumes = Self.named(pod["spec"]?["volumes"], first: ["name": .string(Self.volumeName), "emptyDir": [:]])
        let mount: JSONValue = ["name": .string(Self.volumeName), "mountPath": .string(Self.mountPath)]
        let result = pod.setting("spec", "volumes", to: volumes).changingFirstContainer { container in
            container["volumeMounts"] = Self.named(container["volumeMounts"], first: mount)
        }
        let containers = result["spec"]?["containers"]?.arrayValue ?? []
        guard !containers.contains(where: { $0["name"]?.stringValue == Self.containerName }) else { return result }
        return result.setting("spec", "containers", to: .array(containers + [container(mount)]))
    }

    private func container(_ mount: JSONValue) -> JSONValue {
        var container: JSONObject = [
            "name": .string(Self.containerName), "image": .string(image),
            "command": ["sh", "-c", .string(Self.command)], "volumeMounts": [mount], "resources": resources,
        ]
        if !securityContext.isNull { container["securityContext"] = securityContext }
        return .object(container)
    }

    private static func named(_ list: JSONValue?, first: JSONValue) -> JSONValue {
        let elements = list?.arrayValue ?? []
        return elements.contains { $0["name"] == first["name"] } ? .array(elements) : .array([first] + elements)
    }

    /// What the author wants of one task; `nil` where nothing is said.
    /// - Throws: ``PodBuildError``
    static func choice(_ executorConfig: JSONValue) throws -> Bool? {
        switch ExecutorConfig(executorConfig)["xcom"] {
        case nil: return nil
        case "sidecar": return true
        case "message": return false
        case let other?:
            throw PodBuildError("executor_config.xcom", "'sidecar' or 'message' is expected, not \(other.serialized())")
        }
    }
}
