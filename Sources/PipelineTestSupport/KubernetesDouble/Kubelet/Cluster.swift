import PipelineCore

/// The nodes and what runs on them.
struct Cluster {
    /// A node as the world knows it; its object is in the store.
    struct NodeState {
        /// Grows each time the kubelet is lost.
        var losses = 0
        var isLost = false
        /// The machine is off: containers died with it.
        var isOff = false
        /// What its clock is ahead of the server's.
        var skew = Duration.zero
    }

    struct ScriptRule {
        let matcher: PodMatcher
        let script: PodScript
        var left: Int?
    }

    var nodes: [String: NodeState] = [:]
    var pods: [String: PodRuntime] = [:]
    /// Pods without a node, in the order of creation.
    var pending: [String] = []
    /// What bound pods hold of their nodes.
    var reserved: [String: (node: String, amounts: ResourceAmounts)] = [:]
    var used: [String: ResourceAmounts] = [:]
    var isSchedulerAwake = false
    var scripts: [ScriptRule] = []
    var defaultScript = PodScript.succeeds()
    var eventCount = 0

    /// The last rule that fits; a rule with a number of uses runs out.
    mutating func script(for pod: JSONValue) -> PodScript {
        guard let index = scripts.lastIndex(where: { $0.left != 0 && $0.matcher.matches(pod) }) else {
            return defaultScript
        }
        if let left = scripts[index].left { scripts[index].left = left - 1 }
        return scripts[index].script
    }

    mutating func reserve(_ uid: String, _ node: String, _ amounts: ResourceAmounts) {
        reserved[uid] = (node, amounts)
        used[node] = (used[node] ?? ResourceAmounts()) + amounts
    }

    /// Whether there was something to free.
    mutating func release(_ uid: String) -> Bool {
        guard let (node, amounts) = reserved.removeValue(forKey: uid) else { return false }
        used[node] = (used[node] ?? ResourceAmounts()) - amounts
        return true
    }

    func isLost(_ node: String?) -> Bool { node.flatMap { nodes[$0]?.isLost } ?? false }
    func skew(_ node: String?) -> Duration { node.flatMap { nodes[$0]?.skew } ?? .zero }
}

/// Which pods a script is for.
package enum PodMatcher: Sendable, Hashable {
    case all
    /// Names that begin so.
    case name(String)
    case label(String, String)

    func matches(_ pod: JSONValue) -> Bool {
        switch self {
        case .all: true
        case .name(let prefix): pod.name.hasPrefix(prefix)
        case .label(let key, let value): pod.strings("metadata", "labels")[key] == value
        }
    }
}
