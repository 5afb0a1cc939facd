import PipelineCore

/// What the server fills in where a pod says nothing.
enum PodDefaults {
    static func apply(to pod: inout JSONValue) {
        pod.set("metadata", "generation", to: 1)
        pod.setDefault("spec", "restartPolicy", to: "Always")
        pod.setDefault("spec", "terminationGracePeriodSeconds", to: 30)
        pod.setDefault("spec", "dnsPolicy", to: "ClusterFirst")
        pod.setDefault("spec", "serviceAccountName", to: "default")
        pod.setDefault("spec", "serviceAccount", to: pod.at("spec", "serviceAccountName") ?? "default")
        pod.setDefault("spec", "securityContext", to: [:])
        pod.setDefault("spec", "schedulerName", to: "default-scheduler")
        pod.setDefault("spec", "priority", to: 0)
        pod.setDefault("spec", "enableServiceLinks", to: true)
        pod.setDefault("spec", "preemptionPolicy", to: "PreemptLowerPriority")
        for list in ["initContainers", "containers"] {
            guard let containers = pod.at("spec", list)?.arrayValue else { continue }
            pod.set("spec", list, to: .array(containers.map(withDefaults)))
        }
        pod.set("status", to: ["phase": "Pending", "qosClass": "BestEffort"])
        if asksForResources(pod) { pod.set("status", "qosClass", to: "Burstable") }
    }

    private static func withDefaults(_ container: JSONValue) -> JSONValue {
        var container = container
        container.setDefault("resources", to: [:])
        container.setDefault("terminationMessagePath", to: "/dev/termination-log")
        container.setDefault("terminationMessagePolicy", to: "File")
        let image = container["image"]?.stringValue ?? ""
        let hasTag = image.split(separator: "/").last?.contains(":") ?? false
        container.setDefault("imagePullPolicy", to: hasTag && !image.hasSuffix(":latest") ? "IfNotPresent" : "Always")
        let limits = container.at("resources", "limits")?.objectValue ?? [:]
        for (name, value) in limits { container.setDefault("resources", "requests", name, to: value) }
        return container
    }

    private static func asksForResources(_ pod: JSONValue) -> Bool {
        (pod.at("spec", "containers")?.arrayValue ?? []).contains {
            !($0.at("resources", "requests")?.objectValue ?? [:]).isEmpty
        }
    }
}
