import K8sPodExecutor
import KubernetesClient
import PipelineCore

/// The resources of a container as limits of its cgroup, and devices.
struct ContainerResources {
    private(set) var options: [String] = []
    private(set) var devices: [PodmanPod.DeviceRequest] = []

    /// Parts of a processor's thousand shares. Source: the kubelet's `MilliCPUToShares`.
    private static let sharesPerProcessor = 1_024
    private static let fewestShares = 2

    init(_ resources: JSONValue?, at place: String) throws {
        _ = try FieldRules.resources.check(resources, at: place)
        let limits = try Self.amounts(resources?["limits"], at: "\(place).limits")
        let requests = try Self.amounts(resources?["requests"], at: "\(place).requests")
        if let memory = limits["memory"] {
            // As in a cluster, there is no swap beyond the limit.
            let bytes = "\(memory.roundedUp)b"
            options += ["--memory", bytes, "--memory-swap", bytes]
        }
        if let processors = limits["cpu"] { options += ["--cpus", Self.decimal(processors)] }
        if let processors = requests["cpu"] ?? limits["cpu"] {
            let shares = processors.milliRoundedUp * Self.sharesPerProcessor / 1_000
            options += ["--cpu-shares", String(max(Self.fewestShares, shares))]
        }
        devices = try Self.devices(limits.merging(requests) { limit, _ in limit }, at: place)
    }

    private static let ordinary: Set<String> = ["cpu", "memory", "ephemeral-storage"]

    private static func devices(_ amounts: [String: Quantity], at place: String) throws -> [PodmanPod.DeviceRequest] {
        try amounts.filter { !ordinary.contains($0.key) && $0.value > .zero }.sorted { $0.key < $1.key }.map { name, amount in
            guard name.contains("/") else { throw PodBuildError("\(place).\(name)", "podman has no such resource") }
            return PodmanPod.DeviceRequest(kind: name, count: amount.roundedUp)
        }
    }

    /// Far above all machines, and far below where arithmetic ends.
    private static let most = Quantity("1Pi") ?? .zero
    private static let mostProcessors = Quantity("1M") ?? .zero

    private static func amounts(_ object: JSONValue?, at place: String) throws -> [String: Quantity] {
        try (object?.objectValue ?? [:]).reduce(into: [:]) { amounts, entry in
            let text = entry.value.stringValue ?? entry.value.serialized()
            guard let amount = Quantity(text) else { throw PodBuildError("\(place).\(entry.key)", "'\(text)' is no quantity") }
            guard (.zero...(entry.key == "cpu" ? mostProcessors : most)).contains(amount) else {
                throw PodBuildError("\(place).\(entry.key)", "'\(text)' is more than a machine has, or less than nothing")
            }
            amounts[entry.key] = amount
        }
    }

    /// `1.5` of 1,500 thousandths.
    private static func decimal(_ quantity: Quantity) -> String {
        let (whole, thousandths) = quantity.milliRoundedUp.quotientAndRemainder(dividingBy: 1_000)
        let digits = String(thousandths)
        return "\(whole).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
    }
}
