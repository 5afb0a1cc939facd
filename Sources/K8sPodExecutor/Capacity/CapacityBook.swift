import PipelineCore

/// Which pods fit, by the devices of nodes and what pods hold of them. A value: the same books give the same answers.
struct CapacityBook: Sendable {
    enum Answer: Sendable, Hashable {
        case fits
        /// It would fit if others held less.
        case full(reason: String)
        /// No node could take it, however empty.
        case never(reason: String)
    }

    private let nodes: [DeviceNode]
    private let holdings: [DeviceHolding]
    /// Devices that are free, by node.
    private var free: [String: [String: Int]]

    /// - Parameter holdings: of all pods that have not ended, those without a node among them.
    init(nodes: [DeviceNode], holdings: [DeviceHolding]) {
        self.nodes = nodes.sorted { $0.name < $1.name }
        self.holdings = holdings.sorted { $0.pod < $1.pod }
        free = Dictionary(nodes.map { ($0.name, $0.isUsable ? $0.amounts : [:]) }) { $1 }
        for holding in self.holdings { if let node = holding.node { take(holding.amounts, from: node) } }
        // Pods on their way will take the tightest place, as the scheduler packs devices.
        for holding in self.holdings where holding.node == nil { _ = place(holding) }
    }

    /// Enters a pod, if it fits.
    mutating func admit(_ holding: DeviceHolding) -> Answer {
        if place(holding) { return .fits }
        let possible = nodes.filter { matches(holding, $0) && covers($0.amounts, holding.amounts) }
        return possible.isEmpty ? .never(reason: neverReason(holding)) : .full(reason: fullReason(holding))
    }

    private mutating func place(_ holding: DeviceHolding) -> Bool {
        let candidates = nodes.filter { matches(holding, $0) && covers(free[$0.name] ?? [:], holding.amounts) }
        guard let tightest = candidates.min(by: { freeCount($0, holding) < freeCount($1, holding) }) else { return false }
        take(holding.amounts, from: tightest.name)
        return true
    }

    private mutating func take(_ amounts: [String: Int], from node: String) {
        for (name, amount) in amounts { free[node]?[name, default: 0] -= amount }
    }

    private func freeCount(_ node: DeviceNode, _ holding: DeviceHolding) -> Int {
        holding.amounts.keys.reduce(0) { $0 + (free[node.name]?[$1] ?? 0) }
    }

    private func matches(_ holding: DeviceHolding, _ node: DeviceNode) -> Bool {
        holding.nodeSelector.allSatisfy { node.labels[$0.key] == $0.value }
    }

    private func covers(_ amounts: [String: Int], _ wanted: [String: Int]) -> Bool {
        wanted.allSatisfy { amounts[$0.key, default: 0] >= $0.value }
    }

    private static let namedHolders = 5

    private func fullReason(_ holding: DeviceHolding) -> String {
        let parts = holding.amounts.sorted { $0.key < $1.key }.map { name, amount in
            let total = nodes.filter(\.isUsable).reduce(0) { $0 + ($1.amounts[name] ?? 0) }
            let left = nodes.reduce(0) { $0 + max(0, free[$1.name]?[name] ?? 0) }
            return "\(amount) \(name) (\(left) of \(total) free)"
        }
        let holders = holdings.filter { other in other.amounts.keys.contains { holding.amounts[$0] != nil } }
            .map { "\($0.holder)\($0.node.map { " on \($0)" } ?? "")" }
        let named = holders.prefix(Self.namedHolders).joined(separator: ", ")
        let more = holders.count > Self.namedHolders ? " and \(holders.count - Self.namedHolders) more" : ""
        return "waits for \(parts.joined(separator: ", "))" + (holders.isEmpty ? "" : "; held by \(named)\(more)")
    }

    private func neverReason(_ holding: DeviceHolding) -> String {
        let wanted = holding.amounts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let selector = holding.nodeSelector.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        let there = nodes.map { node in
            "\(node.name): " + node.amounts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        }
        return "no node has \(wanted)" + (selector.isEmpty ? "" : " and the labels \(selector)") + "; "
            + (there.isEmpty ? "no node has devices: is the device plugin (GPU Operator) installed?" : there.joined(separator: "; "))
    }
}
