import PipelineCore

/// The pod of a task with an image, as KubernetesPodOperator would ask for it.
/// Source: `airflow.providers.cncf.kubernetes.operators.pod` (`build_pod_request_obj`).
struct YAMLPod {
    private let task: YAMLTask
    private let arguments: JSONObject

    /// Arguments that are wholly in the pod, as the reader leaves them out of the attributes.
    private static let insideKeys: Set<String> = [
        "ports", "volume_mounts", "volumes", "env_vars", "env_from", "container_resources", "affinity",
        "image_pull_secrets", "host_aliases", "tolerations", "security_context", "container_security_context",
        "dns_config", "configmaps",
    ]
    /// Arguments that can be laid over a pod that was built without them.
    static let overlays: Set<String> = ["image", "cmds", "arguments", "env_vars", "name", "labels", "annotations"]

    static func isInside(_ key: String, _ kind: OperatorTable.Operator) -> Bool {
        kind.isPod && insideKeys.contains(key)
    }

    init(_ task: YAMLTask, _ arguments: JSONObject) {
        self.task = task
        self.arguments = arguments
    }

    /// - Parameter bare: the pod of the operator without arguments.
    func encoded(_ bare: JSONObject) throws(DAGParsingError) -> JSONValue {
        var pod = bare
        pod["metadata"] = .object(metadata(bare["metadata"]?.objectValue ?? [:]))
        pod["spec"] = .object(try spec(bare["spec"]?.objectValue ?? [:]))
        return .object(pod)
    }

    private func given(_ key: String) -> JSONValue? {
        guard let value = arguments[key], !value.isNull else { return nil }
        return SerializedEncoding.plain(value)
    }

    private func metadata(_ bare: JSONObject) -> JSONObject {
        var metadata = bare
        metadata["name"] = given("name")
        metadata["namespace"] = given("namespace")
        if let labels = given("labels")?.objectValue {
            metadata["labels"] = .object(labels.merging(bare["labels"]?.objectValue ?? [:]))
        }
        if let annotations = given("annotations") { metadata["annotations"] = annotations }
        return metadata
    }

    private func spec(_ bare: JSONObject) throws(DAGParsingError) -> JSONObject {
        var spec = bare
        let names = [
            "runtime_class_name": "runtimeClassName", "node_selector": "nodeSelector", "affinity": "affinity",
            "tolerations": "tolerations", "host_aliases": "hostAliases", "service_account_name": "serviceAccountName",
            "automount_service_account_token": "automountServiceAccountToken", "hostnetwork": "hostNetwork",
            "hostname": "hostname", "subdomain": "subdomain", "security_context": "securityContext",
            "dnspolicy": "dnsPolicy", "dns_config": "dnsConfig", "schedulername": "schedulerName",
            "priority_class_name": "priorityClassName", "volumes": "volumes",
            "active_deadline_seconds": "activeDeadlineSeconds",
            "termination_grace_period": "terminationGracePeriodSeconds",
        ]
        for (argument, name) in names { if let value = given(argument) { spec[name] = value } }
        if let secrets = given("image_pull_secrets")?.arrayValue {
            spec["imagePullSecrets"] = .array(secrets.map { $0.stringValue == nil ? $0 : ["name": $0] })
        }
        let container = bare["containers"]?[0]?.objectValue ?? [:]
        spec["containers"] = [.object(try self.container(container))]
        return spec
    }

    private func container(_ bare: JSONObject) throws(DAGParsingError) -> JSONObject {
        var container = bare
        let names = [
            "image": "image", "base_container_name": "name", "cmds": "command", "arguments": "args", "ports": "ports",
            "image_pull_policy": "imagePullPolicy", "volume_mounts": "volumeMounts",
            "container_security_context": "securityContext",
            "termination_message_policy": "terminationMessagePolicy",
        ]
        for (argument, name) in names { if let value = given(argument) { container[name] = value } }
        if let variables = given("env_vars")?.objectValue {
            container["env"] = .array(variables.map { ["name": .string($0.key), "value": $0.value] })
        }
        let maps = given("configmaps")?.arrayValue?.map { JSONValue.object(["configMapRef": ["name": $0]]) } ?? []
        let sources = (given("env_from")?.arrayValue ?? []) + maps
        if !sources.isEmpty { container["envFrom"] = .array(sources) }
        container["resources"] = try resources() ?? given("container_resources")
        return container
    }

    /// As Airflow serializes a `V1ResourceRequirements`, for the page of the task.
    func shownResources() throws(DAGParsingError) -> JSONValue? {
        guard let resources = try resources() ?? given("container_resources") else { return nil }
        return [
            "claims": resources["claims"] ?? .null, "limits": resources["limits"] ?? .null,
            "requests": resources["requests"] ?? .null,
        ]
    }

    /// `{cpu, memory, gpu, gpu_profile}`: processors are asked for and not capped, memory is both; GPUs are NVIDIA's,
    /// whole ones or, with a profile (`1g.10gb`), parts of one.
    private func resources() throws(DAGParsingError) -> JSONValue? {
        guard let fields = try task.fields.map("resources") else { return nil }
        guard arguments["container_resources"] == nil else {
            throw fields.error(.duplicate, "'resources' and 'container_resources' say the same; keep one")
        }
        try fields.check(["cpu", "memory", "gpu", "gpu_profile", "ephemeral_storage"], of: "resources")
        var (requests, limits) = (JSONObject(), JSONObject())
        requests["cpu"] = try quantity(fields, "cpu")
        for (key, name) in [("memory", "memory"), ("ephemeral_storage", "ephemeral-storage")] {
            let amount = try quantity(fields, key)
            requests[name] = amount
            limits[name] = amount
        }
        let profile = try fields.text("gpu_profile")
        if let profile, !profile.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ".-+".contains($0)) }) {
            throw fields.error(
                .invalidValue, "gpu_profile '\(profile)' is no name of a MIG profile like 1g.10gb", key: "gpu_profile")
        }
        if let count = try fields.int("gpu"), count < 0 {
            throw fields.error(.invalidValue, "gpu must be 0 or more, not \(count)", key: "gpu")
        }
        if let count = try fields.int("gpu") ?? (profile == nil ? nil : 1), count > 0 {
            let name = profile.map { "nvidia.com/mig-\($0)" } ?? "nvidia.com/gpu"
            requests[name] = .string(String(count))
            limits[name] = .string(String(count))
        }
        var result = JSONObject()
        if !requests.isEmpty { result["requests"] = .object(requests) }
        if !limits.isEmpty { result["limits"] = .object(limits) }
        return .object(result)
    }

    /// A Kubernetes quantity: `2`, `0.5`, `500m`, `4Gi`.
    private func quantity(_ fields: YAMLFields, _ key: String) throws(DAGParsingError) -> JSONValue? {
        guard let text = try fields.text(key) else { return nil }
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = String(text.dropFirst(number.count))
        let units = ["", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
        guard Double(number) != nil, units.contains(unit) else {
            throw fields.error(.invalidValue, "'\(text)' is no quantity (2, 500m, 4Gi)", key: key)
        }
        return .string(text)
    }
}
