import PipelineCore

extension KubernetesDouble {
    /// A node to begin with; later it is an object like any other.
    package struct Node: Sendable, Hashable {
        package var name: String
        /// Cores.
        package var cpu: Int
        package var memoryGiB: Int
        /// `nvidia.com/gpu`; a node without has none of it.
        package var gpus: Int
        package var pods: Int
        package var labels: [String: String]
        /// What its clock is ahead of the server's: in container times and stamps of logs.
        package var clockSkew: Duration

        package init(
            _ name: String, cpu: Int = 64, memoryGiB: Int = 256, gpus: Int = 0, pods: Int = 110,
            labels: [String: String] = [:], clockSkew: Duration = .zero
        ) {
            self.name = name
            self.cpu = cpu
            self.memoryGiB = memoryGiB
            self.gpus = gpus
            self.pods = pods
            self.labels = labels
            self.clockSkew = clockSkew
        }

        var object: JSONValue {
            var amounts: JSONObject = [
                "cpu": .string(String(cpu)), "memory": .string("\(memoryGiB)Gi"), "pods": .string(String(pods)),
            ]
            if gpus > 0 { amounts["nvidia.com/gpu"] = .string(String(gpus)) }
            var labelObject: JSONObject = ["kubernetes.io/hostname": .string(name)]
            for (key, value) in labels.sorted(by: { $0.key < $1.key }) { labelObject[key] = .string(value) }
            return [
                "metadata": ["name": .string(name), "labels": .object(labelObject)], "spec": [:],
                "status": ["capacity": .object(amounts), "allocatable": .object(amounts)],
            ]
        }
    }
}
