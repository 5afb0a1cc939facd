import PipelineCore

/// Amounts of resources, as Kubernetes writes them (`500m`, `2`, `1Gi`, `1e3`), in thousandths.
struct Quantity: Hashable, Comparable {
    var thousandths: Int

    private static let suffixes: [(String, Double)] = [
        ("Ki", 1_024), ("Mi", 1_048_576), ("Gi", 1_073_741_824), ("Ti", 1_099_511_627_776), ("m", 0.001), ("k", 1e3),
        ("M", 1e6), ("G", 1e9), ("T", 1e12),
    ]

    init(thousandths: Int) { self.thousandths = thousandths }

    init?(_ value: JSONValue?) {
        guard let value else { return nil }
        if let number = value.doubleValue {
            thousandths = Int(number * 1_000)
            return
        }
        guard let text = value.stringValue else { return nil }
        let suffix = Self.suffixes.first { text.hasSuffix($0.0) }
        guard let number = Double(text.dropLast(suffix?.0.count ?? 0)) else { return nil }
        thousandths = Int((number * (suffix?.1 ?? 1) * 1_000).rounded())
    }

    static func < (left: Quantity, right: Quantity) -> Bool { left.thousandths < right.thousandths }

    /// As Kubernetes shows whole and thousandth amounts.
    var text: String { thousandths % 1_000 == 0 ? String(thousandths / 1_000) : "\(thousandths)m" }
}

/// Amounts by the name of the resource.
struct ResourceAmounts: Hashable {
    var amounts: [String: Int] = [:]

    init() {}

    init(_ value: JSONValue?) {
        for (name, amount) in value?.objectValue ?? [:] {
            amounts[name] = Quantity(amount)?.thousandths
        }
    }

    static func + (left: ResourceAmounts, right: ResourceAmounts) -> ResourceAmounts {
        var result = left
        for (name, amount) in right.amounts { result.amounts[name, default: 0] += amount }
        return result
    }

    static func - (left: ResourceAmounts, right: ResourceAmounts) -> ResourceAmounts {
        var result = left
        for (name, amount) in right.amounts { result.amounts[name, default: 0] -= amount }
        return result
    }

    /// What a pod asks of a node: its containers together, or its largest init container, and one of `pods`.
    static func requested(by pod: JSONValue) -> ResourceAmounts {
        var total = ResourceAmounts()
        for container in pod.at("spec", "containers")?.arrayValue ?? [] { total = total + requests(of: container) }
        for container in pod.at("spec", "initContainers")?.arrayValue ?? [] {
            let own = requests(of: container)
            if container["restartPolicy"] == "Always" {
                total = total + own
            } else {
                total.amounts.merge(own.amounts) { max($0, $1) }
            }
        }
        total.amounts["pods"] = 1_000
        return total
    }

    private static func requests(of container: JSONValue) -> ResourceAmounts {
        let limits = ResourceAmounts(container.at("resources", "limits"))
        let requests = ResourceAmounts(container.at("resources", "requests"))
        var result = limits
        result.amounts.merge(requests.amounts) { $1 }
        return result
    }
}
