package import PipelineCore

/// How accelerators are asked for in one cluster: what each resource name needs beside its number.
package struct AcceleratorTable: Sendable, Hashable {
    /// What comes with a resource.
    package struct Entry: Sendable, Hashable {
        /// The name, or its beginning where it ends in `*`: `nvidia.com/*`.
        package var resource: String
        package var nodeSelector: [String: String]
        /// Kubernetes JSON.
        package var tolerations: [JSONValue]
        /// Resources that are asked for beside each unit (HAMi: `nvidia.com/gpumem`).
        package var companions: [String: String]

        package init(
            resource: String, nodeSelector: [String: String] = [:], tolerations: [JSONValue] = [],
            companions: [String: String] = [:]
        ) {
            self.resource = resource
            self.nodeSelector = nodeSelector
            self.tolerations = tolerations
            self.companions = companions
        }

        func covers(_ name: String) -> Bool {
            resource.hasSuffix("*") ? name.hasPrefix(resource.dropLast()) : name == resource
        }
    }

    package var entries: [Entry]

    package init(entries: [Entry]) { self.entries = entries }

    /// The taints that the GPU Operator and the cloud providers put on nodes with accelerators.
    package static let standard = AcceleratorTable(
        entries: ["nvidia.com", "amd.com"].map { vendor in
            Entry(
                resource: "\(vendor)/*",
                tolerations: [["key": .string("\(vendor)/gpu"), "operator": "Exists", "effect": "NoSchedule"]])
        })

    func entries(for resources: some Sequence<String>) -> [Entry] {
        let names = Array(resources)
        return entries.filter { entry in names.contains(where: entry.covers) }
    }

    /// Whether the resource is one of devices: of these, no more than there are can run, and each waits for its turn.
    package func isAccelerator(_ name: String) -> Bool { entries.contains { $0.covers(name) } }
}
