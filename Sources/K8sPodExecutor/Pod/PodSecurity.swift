import PipelineCore

/// Kubernetes's Pod Security Standards. Source: kubernetes.io/docs/concepts/security/pod-security-standards.
enum PodSecurity {
    /// The user that pods run as whose author named none.
    static let user = 1000

    /// Fills in what the level `restricted` asks for, where the author left it open. Whoever asks for more than that
    /// (a privileged container, the host's network) gets what was asked for: the cluster decides about it.
    static func restricted(_ pod: JSONValue, user: Int = user) -> JSONValue {
        guard !asksForMore(pod) else { return pod }
        var context = pod["spec"]?["securityContext"]?.objectValue ?? [:]
        setDefault(&context, "runAsNonRoot", true)
        if context["runAsUser"] == nil { context["runAsUser"] = .int(user) }
        if context["fsGroup"] == nil {
            context["fsGroup"] = context["runAsUser"]
            // Else each start of a pod walks through all files of a large volume.
            setDefault(&context, "fsGroupChangePolicy", "OnRootMismatch")
        }
        setDefault(&context, "seccompProfile", ["type": "RuntimeDefault"])
        var result = pod.setting("spec", "securityContext", to: .object(context))
        for kind in ["containers", "initContainers"] {
            guard let containers = pod["spec"]?[kind]?.arrayValue, !containers.isEmpty else { continue }
            result = result.setting("spec", kind, to: .array(containers.map(container)))
        }
        return result
    }

    private static func container(_ container: JSONValue) -> JSONValue {
        var context = container["securityContext"]?.objectValue ?? [:]
        setDefault(&context, "allowPrivilegeEscalation", false)
        setDefault(&context, "capabilities", ["drop": ["ALL"]])
        return container.setting("securityContext", to: .object(context))
    }

    private static func setDefault(_ object: inout JSONObject, _ key: String, _ value: JSONValue) {
        if object[key] == nil || object[key] == .null { object[key] = value }
    }

    private static func asksForMore(_ pod: JSONValue) -> Bool {
        let spec = pod["spec"] ?? [:]
        let isOnHost = ["hostNetwork", "hostPID", "hostIPC"].contains { spec[$0]?.boolValue == true }
        let isRoot = spec["securityContext"]?["runAsUser"]?.intValue == 0
        let containers = (spec["containers"]?.arrayValue ?? []) + (spec["initContainers"]?.arrayValue ?? [])
        return isOnHost || isRoot
            || containers.contains { container in
                let context = container["securityContext"]
                return context?["privileged"]?.boolValue == true || context?["runAsUser"]?.intValue == 0
                    || context?["allowPrivilegeEscalation"]?.boolValue == true
            }
    }
}
