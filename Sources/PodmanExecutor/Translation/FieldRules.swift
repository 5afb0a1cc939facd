import K8sPodExecutor
import PipelineCore

/// Which fields of a pod have a meaning for podman. One that has none here is never passed over in silence: it is told, where
/// only a cluster's choice of a node depends on it, and refused, where what runs would be another thing.
struct FieldRules: Sendable {
    /// What is translated.
    var known: Set<String>
    /// What a single machine has no use for.
    var ignored: Set<String> = []
    /// Values that are a cluster's own defaults, and say nothing.
    var defaults: [String: JSONValue] = [:]

    static let spec = FieldRules(
        known: [
            "containers", "initContainers", "volumes", "restartPolicy", "terminationGracePeriodSeconds",
            "activeDeadlineSeconds", "hostNetwork", "hostPID", "hostIPC", "hostname", "hostAliases", "dnsPolicy",
            "dnsConfig", "securityContext",
        ],
        ignored: [
            "affinity", "automountServiceAccountToken", "enableServiceLinks", "imagePullSecrets", "nodeName",
            "nodeSelector", "overhead", "preemptionPolicy", "priority", "priorityClassName", "runtimeClassName", "schedulerName",
            "serviceAccount", "serviceAccountName", "tolerations", "topologySpreadConstraints",
        ])

    static let container = FieldRules(
        known: [
            "name", "image", "imagePullPolicy", "command", "args", "env", "workingDir", "resources", "volumeMounts",
            "securityContext", "tty", "terminationMessagePath",
        ],
        ignored: ["ports", "stdin", "stdinOnce", "terminationMessagePolicy"],
        defaults: ["terminationMessagePolicy": "File"])

    static let podSecurity = FieldRules(
        known: [
            "runAsUser", "runAsGroup", "runAsNonRoot", "fsGroup", "supplementalGroups", "seccompProfile", "sysctls",
        ],
        ignored: ["fsGroupChangePolicy"])

    static let containerSecurity = FieldRules(
        known: [
            "runAsUser", "runAsGroup", "runAsNonRoot", "privileged", "capabilities", "allowPrivilegeEscalation",
            "readOnlyRootFilesystem", "seccompProfile",
        ])

    static let resources = FieldRules(known: ["limits", "requests"])

    static let mount = FieldRules(known: ["name", "mountPath", "readOnly", "subPath"])

    /// - Parameter path: of the object, for people.
    /// - Returns: the fields that are passed over, with their paths.
    /// - Throws: `PodBuildError` for a field that means something else.
    func check(_ object: JSONValue?, at path: String) throws -> [String] {
        var passed: [String] = []
        for (name, value) in object?.objectValue ?? [:] where !known.contains(name) && Self.isSet(value) && defaults[name] != value {
            guard ignored.contains(name) else {
                throw PodBuildError("\(path).\(name)", "the podman executor has no such thing; use --executor kubernetes")
            }
            passed.append("\(path).\(name)")
        }
        return passed
    }

    private static func isSet(_ value: JSONValue) -> Bool {
        if value.isNull || value == .bool(false) { return false }
        if let elements = value.arrayValue { return !elements.isEmpty }
        if let members = value.objectValue { return !members.isEmpty }
        return true
    }
}
