import PipelineCore

/// The fields of a pod that a 1.34 server knows, two levels deep: enough to refuse a misspelt one.
enum PodFields {
    private static let top: Set<String> = ["kind", "apiVersion", "metadata", "spec", "status"]
    private static let metadata: Set<String> = [
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
        "managedFields",
    ]
    private static let spec: Set<String> = [
        "activeDeadlineSeconds", "affinity", "automountServiceAccountToken", "containers", "dnsConfig", "dnsPolicy",
        "enableServiceLinks", "ephemeralContainers", "hostAliases", "hostIPC", "hostNetwork", "hostPID", "hostUsers",
        "hostname", "hostnameOverride", "imagePullSecrets", "initContainers", "nodeName", "nodeSelector", "os",
        "overhead", "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "resourceClaims",
        "resources", "restartPolicy", "runtimeClassName", "schedulerName", "schedulingGates", "securityContext",
        "serviceAccount", "serviceAccountName", "setHostnameAsFQDN", "shareProcessNamespace", "subdomain",
        "terminationGracePeriodSeconds", "tolerations", "topologySpreadConstraints", "volumes",
    ]
    private static let container: Set<String> = [
        "args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "name", "ports",
        "readinessProbe", "resizePolicy", "resources", "restartPolicy", "restartPolicyRules", "securityContext",
        "startupProbe", "stdin", "stdinOnce", "terminationMessagePath", "terminationMessagePolicy", "tty",
        "volumeDevices", "volumeMounts", "workingDir",
    ]

    static func unknown(in pod: JSONValue) -> [String] {
        var found = unknown(pod, top, "")
        found += unknown(pod["metadata"], metadata, "metadata.")
        found += unknown(pod["spec"], spec, "spec.")
        for list in ["containers", "initContainers"] {
            for (index, value) in (pod.at("spec", list)?.arrayValue ?? []).enumerated() {
                found += unknown(value, container, "spec.\(list)[\(index)].")
            }
        }
        return found
    }

    private static func unknown(_ value: JSONValue?, _ known: Set<String>, _ prefix: String) -> [String] {
        (value?.objectValue?.keys ?? []).filter { !known.contains($0) }.map { prefix + $0 }
    }
}
