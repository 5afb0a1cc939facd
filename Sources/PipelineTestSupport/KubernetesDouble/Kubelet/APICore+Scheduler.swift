import PipelineCore

extension APICore {
    mutating func podCreated(_ pod: JSONValue, _ key: ObjectKey) {
        var runtime = PodRuntime(pod, key: key, script: cluster.script(for: pod))
        let node = pod.at("spec", "nodeName")?.stringValue
        runtime.node = node
        cluster.pods[pod.uid] = runtime
        if let node {
            cluster.reserve(pod.uid, node, runtime.requests)
            startScript(pod.uid)
        } else {
            cluster.pending.append(pod.uid)
            wakeScheduler()
        }
    }

    mutating func wakeScheduler() {
        guard !cluster.isSchedulerAwake, !cluster.pending.isEmpty else { return }
        cluster.isSchedulerAwake = true
        add(.schedule, after: settings.schedulingDelay)
    }

    /// Tries every pod that waits, those of high priority first.
    mutating func schedule() {
        cluster.isSchedulerAwake = false
        let nodes = store.list(.nodes, namespace: nil).map(SchedulableNode.init)
        let waiting = cluster.pending.enumerated().sorted { left, right in
            let first = cluster.pods[left.element]?.priority ?? 0
            let second = cluster.pods[right.element]?.priority ?? 0
            return first != second ? first > second : left.offset < right.offset
        }
        var bound: Set<String> = []
        var hopeless: [SchedulingNeeds: String] = [:]
        for (_, uid) in waiting {
            guard let pod = cluster.pods[uid] else { continue }
            let needs = SchedulingNeeds(pod)
            switch hopeless[needs].map({ Placement.nowhere($0) }) ?? place(pod, on: nodes) {
            case .node(let name):
                bind(uid, to: name)
                bound.insert(uid)
            case .nowhere(let text):
                hopeless[needs] = text
                markUnschedulable(uid, text)
            }
        }
        cluster.pending.removeAll { bound.contains($0) || cluster.pods[$0] == nil }
    }

    private enum Placement {
        case node(String)
        case nowhere(String)
    }

    private func place(_ pod: PodRuntime, on nodes: [SchedulableNode]) -> Placement {
        if let text = pod.script.unschedulable { return .nowhere(text) }
        let count = nodes.count
        if let claim = pod.claims.first(where: {
            store[ObjectKey(.persistentvolumeclaims, pod.key.namespace, $0)] == nil
        }) {
            return .nowhere("0/\(count) nodes are available: persistentvolumeclaim \"\(claim)\" not found. not found")
        }
        var reasons: [String: Int] = [:]
        for node in nodes {
            let against = node.reasons(against: pod, used: cluster.used[node.name] ?? ResourceAmounts())
            if against.isEmpty { return .node(node.name) }
            for reason in against { reasons[reason, default: 0] += 1 }
        }
        let texts = reasons.map { "\($0.value) \($0.key)" }.sorted()
        let list = texts.isEmpty ? "no nodes" : texts.joined(separator: ", ")
        return .nowhere(
            "0/\(count) nodes are available: \(list). no new claims to deallocate, preemption: 0/\(count) nodes are "
                + "available: \(count) Preemption is not helpful for scheduling.")
    }

    private mutating func bind(_ uid: String, to node: String) {
        guard var runtime = cluster.pods[uid], var pod = store[runtime.key], pod.uid == uid else { return }
        runtime.node = node
        cluster.pods[uid] = runtime
        cluster.reserve(uid, node, runtime.requests)
        pod.set("spec", "nodeName", to: .string(node))
        pod.setCondition("PodScheduled", "True", at: stamp())
        commit(pod, at: runtime.key)
        let place = "\(runtime.key.namespace)/\(runtime.key.name)"
        emitEvent(pod, "Normal", "Scheduled", "Successfully assigned \(place) to \(node)", from: "default-scheduler")
        startScript(uid)
    }

    private mutating func markUnschedulable(_ uid: String, _ text: String) {
        guard let runtime = cluster.pods[uid], runtime.unschedulableText != text, var pod = store[runtime.key] else {
            return
        }
        cluster.pods[uid]?.unschedulableText = text
        pod.setCondition("PodScheduled", "False", reason: "Unschedulable", message: text, at: stamp())
        commit(pod, at: runtime.key)
        emitEvent(pod, "Warning", "FailedScheduling", text, from: "default-scheduler")
    }

    /// An Event about a pod, in the scheduler's or the kubelet's manner.
    mutating func emitEvent(
        _ pod: JSONValue, _ type: String, _ reason: String, _ message: String, from component: String = "kubelet",
        host: String? = nil, container: String? = nil
    ) {
        cluster.eventCount += 1
        let suffix = ObjectStore.hexadecimal(0x18EA_BB08_0000_0000 + UInt64(cluster.eventCount))
        let key = ObjectKey(.events, pod.namespace, "\(pod.name).\(suffix)")
        var involved: JSONObject = [
            "kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name), "uid": .string(pod.uid),
            "apiVersion": "v1", "resourceVersion": pod.at("metadata", "resourceVersion") ?? .null,
        ]
        if let container { involved["fieldPath"] = .string("spec.containers{\(container)}") }
        let isKubelet = host != nil
        let event: JSONValue = [
            "involvedObject": .object(involved), "reason": .string(reason), "message": .string(message),
            "source": isKubelet ? ["component": .string(component), "host": .string(host ?? "")] : [:],
            "firstTimestamp": isKubelet ? stamp() : .null, "lastTimestamp": isKubelet ? stamp() : .null,
            "type": .string(type), "eventTime": isKubelet ? .null : .string(wallTime.apiFormat),
            "reportingComponent": .string(component), "reportingInstance": .string(host ?? component),
        ]
        commit(decorate(event, key), at: key)
    }
}

/// What decides whether a pod fits; pods of equal needs are told apart by nothing.
struct SchedulingNeeds: Hashable {
    let requests: ResourceAmounts
    let selector: [String: String]
    let claims: [String]
    let tolerations: [JSONValue]
    let unschedulable: String?
    let namespace: String

    init(_ pod: PodRuntime) {
        requests = pod.requests
        selector = pod.selector
        claims = pod.claims
        tolerations = pod.tolerations
        unschedulable = pod.script.unschedulable
        namespace = pod.key.namespace
    }
}

/// A node as the scheduler reads it.
struct SchedulableNode {
    let name: String
    private let labels: [String: String]
    private let allocatable: ResourceAmounts
    private let isCordoned: Bool
    private let isReady: Bool
    private let taints: [JSONValue]

    init(_ node: JSONValue) {
        name = node.name
        labels = node.strings("metadata", "labels")
        allocatable = ResourceAmounts(node.at("status", "allocatable") ?? node.at("status", "capacity"))
        isCordoned = node.at("spec", "unschedulable") == true
        let ready = (node.at("status", "conditions")?.arrayValue ?? []).first { $0["type"] == "Ready" }
        isReady = ready?["status"] == "True"
        taints = node.at("spec", "taints")?.arrayValue ?? []
    }

    /// Empty where the pod fits.
    func reasons(against pod: PodRuntime, used: ResourceAmounts) -> [String] {
        if isCordoned { return ["node(s) were unschedulable"] }
        if !isReady { return ["node(s) had untolerated taint {node.kubernetes.io/unreachable: }"] }
        if let taint = taints.first(where: { !Self.tolerates(pod.tolerations, $0) }) {
            let key = taint["key"]?.stringValue ?? ""
            let value = taint["value"]?.stringValue ?? ""
            return ["node(s) had untolerated taint {\(key): \(value)}"]
        }
        guard pod.selector.allSatisfy({ labels[$0.key] == $0.value }) else {
            return ["node(s) didn't match Pod's node affinity/selector"]
        }
        return pod.requests.amounts.keys.sorted().compactMap { name in
            let free = (allocatable.amounts[name] ?? 0) - (used.amounts[name] ?? 0)
            guard pod.requests.amounts[name] ?? 0 > free else { return nil }
            return name == "pods" ? "Too many pods" : "Insufficient \(name)"
        }
    }

    private static func tolerates(_ tolerations: [JSONValue], _ taint: JSONValue) -> Bool {
        if taint["effect"] == "PreferNoSchedule" { return true }
        return tolerations.contains { toleration in
            let key = toleration["key"]?.stringValue ?? ""
            guard key.isEmpty || key == taint["key"]?.stringValue else { return false }
            if let effect = toleration["effect"], effect != taint["effect"] { return false }
            return toleration["operator"] == "Exists" || toleration["value"] == taint["value"]
        }
    }
}

extension JSONValue {
    /// Sets a condition of the status; its transition time changes with its status.
    mutating func setCondition(
        _ type: String, _ status: String, reason: String? = nil, message: String? = nil, at time: JSONValue
    ) {
        var conditions = at("status", "conditions")?.arrayValue ?? []
        let index = conditions.firstIndex { $0["type"]?.stringValue == type }
        let old = index.map { conditions[$0] }
        var condition: JSONObject = ["type": .string(type), "status": .string(status), "lastProbeTime": .null]
        condition["lastTransitionTime"] = old?["status"]?.stringValue == status ? old?["lastTransitionTime"] : time
        if let reason { condition["reason"] = .string(reason) }
        if let message { condition["message"] = .string(message) }
        if let index { conditions[index] = .object(condition) } else { conditions.append(.object(condition)) }
        set("status", "conditions", to: .array(conditions))
    }
}
