import KubernetesClient
import PipelineCore

extension PodRequest {
    /// The memory to ask for after this pod ran out of it; `nil` where it may not grow, or has grown as far as it may.
    /// - Throws: ``PodFailure`` for amounts that are no quantities.
    package func memoryAfterShortage() throws -> String? {
        guard let growth = plan.memory, let now = memory else { return nil }
        guard let present = Quantity(now) else { throw PodFailure(.configuration, "memory '\(now)' is no quantity") }
        let larger = Quantity(Int(Double(present.roundedUp) * growth.factor))
        guard let maximum = growth.maximum else { return Self.text(larger) }
        guard let most = Quantity(maximum) else {
            throw PodFailure(.configuration, "on_oom: max '\(maximum)' is no quantity, write 64Gi")
        }
        return present < most ? Self.text(min(larger, most)) : nil
    }

    /// In the largest unit that leaves no fraction, as people write it.
    private static func text(_ quantity: Quantity) -> String {
        let bytes = quantity.roundedUp
        let units = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)]
        return units.first { bytes % $0.1 == 0 }.map { "\(bytes / $0.1)\($0.0)" } ?? quantity.description
    }

    private var memory: String? {
        let resources = pod["spec"]?["containers"]?[0]?["resources"]
        return (resources?["limits"]?["memory"] ?? resources?["requests"]?["memory"])?.stringValue
    }

    package func asking(memory: String) -> PodRequest {
        var result = self
        result.pod = pod.changingFirstContainer { container in
            var resources = container["resources"] ?? [:]
            for kind in ["requests", "limits"] where resources[kind]?["memory"] != nil {
                resources = resources.setting(kind, "memory", to: .string(memory))
            }
            container["resources"] = resources
        }
        return result
    }
}
