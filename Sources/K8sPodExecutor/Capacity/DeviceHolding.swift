import KubernetesClient
import PipelineCore

/// What a pod holds, or is about to hold, of the cluster's devices.
struct DeviceHolding: Sendable, Hashable {
    /// `namespace/name`.
    var pod: String
    /// The DAG and task of one of ours; else the pod's own name.
    var holder: String
    var dagID: String?
    /// `nil` while it has no node.
    var node: String?
    /// By resource: `nvidia.com/gpu`.
    var amounts: [String: Int]
    var nodeSelector: [String: String]

    /// `nil` for a pod that has ended, or asks for no device.
    init?(_ pod: PodView, _ table: AcceleratorTable) {
        guard !pod.isTerminal else { return nil }
        self.init(pod, node: pod.nodeName, table)
    }

    /// What a pod that is not there yet will hold; `nil` when it asks for no device.
    init?(_ request: PodRequest, _ table: AcceleratorTable) {
        self.init(PodView(json: request.pod), node: nil, table)
    }

    private init?(_ pod: PodView, node: String?, _ table: AcceleratorTable) {
        amounts = pod.requests.amounts.filter { table.isAccelerator($0.key) }.mapValues(\.roundedUp).filter { $0.value > 0 }
        guard !amounts.isEmpty else { return nil }
        self.pod = "\(pod.namespace)/\(pod.name)"
        let dagID = pod.annotations["dag_id"]
        self.dagID = dagID
        holder = pod.annotations["task_id"].map { "\(dagID ?? "").\($0)" } ?? "\(pod.namespace)/\(pod.name)"
        self.node = node
        let selector = pod.json["spec"]?["nodeSelector"]?.objectValue ?? [:]
        nodeSelector = Dictionary(selector.compactMap { key, value in value.stringValue.map { (key, $0) } }) { $1 }
    }
}

/// What a node has of devices.
struct DeviceNode: Sendable, Hashable {
    var name: String
    var labels: [String: String]
    var amounts: [String: Int]
    /// Ready, and not cordoned.
    var isUsable: Bool

    /// `nil` for a node without devices.
    init?(_ json: JSONValue, _ table: AcceleratorTable) {
        let node = NodeView(json: json)
        amounts = node.allocatable.amounts.filter { table.isAccelerator($0.key) }.mapValues(\.roundedUp).filter { $0.value > 0 }
        guard !amounts.isEmpty else { return nil }
        name = node.name
        labels = node.labels
        isUsable = node.isReady && !node.isUnschedulable
    }
}
