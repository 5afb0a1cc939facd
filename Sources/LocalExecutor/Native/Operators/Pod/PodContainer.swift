import PipelineCore

/// What local mode needs of a pod's base container: Kubernetes JSON, rendered.
struct PodContainer: Sendable {
    var podName: String
    var name: String
    var image: String
    var command: [String]
    var arguments: [String]
    var environment: [(name: String, value: String)]
    var workingDirectory: String?
    /// `requests` and `limits`, as written.
    var resources: JSONObject

    /// - Throws: ``NativeFailure`` for what only a cluster can give: other containers, references, volumes of secrets.
    init(_ attributes: NativeAttributes) throws {
        let pod = attributes["pod"]
        let spec = pod["spec"] ?? [:]
        name = attributes.string("base_container_name") ?? "base"
        podName = attributes.string("name") ?? pod["metadata"]?["name"]?.stringValue ?? "of the task"
        let container = Self.container(named: name, in: spec) ?? [:]
        image = attributes.string("image") ?? ""
        command = try Self.texts(attributes, "cmds")
        arguments = try Self.texts(attributes, "arguments")
        workingDirectory = container["workingDir"]?.stringValue
        resources = attributes["container_resources"].objectValue ?? [:]
        environment = try Self.environment(attributes)
        try refuseWhatNeedsACluster(spec, container)
    }

    static func container(named name: String, in spec: JSONValue) -> JSONValue? {
        spec["containers"]?.arrayValue?.first { $0["name"]?.stringValue == name }
    }

    private static func texts(_ attributes: NativeAttributes, _ name: String) throws -> [String] {
        let value = attributes[name]
        if value.isNull { return [] }
        guard let elements = value.arrayValue else { throw attributes.failure(name, "a list of texts") }
        return try elements.map { element in
            guard let text = element.stringValue else { throw attributes.failure(name, "a list of texts") }
            return text
        }
    }

    /// Plain variables, in order; later ones replace earlier ones of the same name.
    private static func environment(_ attributes: NativeAttributes) throws -> [(name: String, value: String)] {
        try PodEnvironment.list(attributes["env_vars"]).map { variable in
            guard let name = variable["name"]?.stringValue else {
                throw attributes.failure("env_vars", "variables with a name")
            }
            if variable["valueFrom"] != nil {
                throw Self.needsCluster(
                    "its variable \(name) refers to \(reference(variable)), which only a cluster can resolve")
            }
            guard let value = variable["value"] else { return (name, "") }
            guard let text = value.stringValue else { throw attributes.failure("env_vars", "a text for \(name)") }
            return (name, text)
        }
    }

    /// `secretKeyRef db-password/key`.
    private static func reference(_ variable: JSONValue) -> String {
        guard let source = variable["valueFrom"]?.objectValue?.first(where: { !$0.value.isNull }) else {
            return "nothing"
        }
        let parts = ["name", "key", "fieldPath", "resource"].compactMap { source.value[$0]?.stringValue }
        return "\(source.key) \(parts.joined(separator: "/"))"
    }

    private func refuseWhatNeedsACluster(_ spec: JSONValue, _ container: JSONValue) throws {
        if let first = container["envFrom"]?[0]?.objectValue?.first(where: { !$0.value.isNull }) {
            let source = first.value["name"]?.stringValue ?? ""
            throw Self.needsCluster("its environment comes from \(first.key) \(source)")
        }
        if let first = spec["initContainers"]?[0]?["name"]?.stringValue {
            throw Self.needsCluster("it has the init container \(first)")
        }
        let others = (spec["containers"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }.filter { $0 != name }
        if let other = others.first { throw Self.needsCluster("it has the further container \(other)") }
        try refuseClusterVolumes(spec, container)
    }

    /// Volumes whose content comes from the cluster; folders are those of this machine.
    private func refuseClusterVolumes(_ spec: JSONValue, _ container: JSONValue) throws {
        let mounted = Set((container["volumeMounts"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
        for volume in spec["volumes"]?.arrayValue ?? [] {
            guard let name = volume["name"]?.stringValue, mounted.contains(name) else { continue }
            for kind in ["secret", "configMap", "projected", "downwardAPI", "csi"] where volume[kind] != nil {
                throw Self.needsCluster("its volume \(name) holds a \(kind)")
            }
        }
    }

    /// Mounted volumes that are folders of this machine in local mode: name and path.
    static func localVolumes(_ pod: JSONValue, container: String) -> [(name: String, path: String)] {
        let mounts = Self.container(named: container, in: pod["spec"] ?? [:])?["volumeMounts"]?.arrayValue ?? []
        return mounts.compactMap { mount in
            guard let name = mount["name"]?.stringValue, let path = mount["mountPath"]?.stringValue else { return nil }
            return (name, path)
        }
    }

    static func needsCluster(_ reason: String) -> NativeFailure {
        NativeFailure(
            .failure,
            "The pod cannot run in local mode: \(reason). Local mode runs only images whose command is `pipeline ...`; "
                + "run with `--executor kubernetes`, or `--executor podman` on this machine, for all others.")
    }
}

/// The forms in which the variables of a container are written.
enum PodEnvironment {
    /// `{"A": "b"}` and `[{"name": "A", "value": "b"}]` as the latter.
    static func list(_ value: JSONValue) -> [JSONValue] {
        if let members = value.objectValue {
            return members.map { .object(["name": .string($0.key), "value": $0.value]) }
        }
        return value.arrayValue ?? []
    }
}
