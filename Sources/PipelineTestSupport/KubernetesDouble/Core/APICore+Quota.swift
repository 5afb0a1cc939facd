import PipelineCore

extension APICore {
    /// Counts against every ResourceQuota of the namespace, pods that ended aside.
    func checkQuota(_ pod: JSONValue, _ key: ObjectKey) throws(Failure) {
        let quotas = store.list(.resourcequotas, namespace: key.namespace)
        guard !quotas.isEmpty else { return }
        let live = store.list(.pods, namespace: key.namespace).filter {
            !["Succeeded", "Failed"].contains($0.at("status", "phase")?.stringValue ?? "")
        }
        let used = live.map(Self.charge).reduce(ResourceAmounts(), +)
        let requested = Self.charge(pod)
        for quota in quotas {
            let hard = ResourceAmounts(quota.at("spec", "hard"))
            let over = hard.amounts.keys.sorted().filter {
                requested.amounts[$0] ?? 0 > 0
                    && (used.amounts[$0] ?? 0) + (requested.amounts[$0] ?? 0) > hard.amounts[$0] ?? 0
            }
            guard !over.isEmpty else { continue }
            let texts = [("requested", requested), ("used", used), ("limited", hard)].map { word, amounts in
                let list = over.map { "\($0)=\(Quantity(thousandths: amounts.amounts[$0] ?? 0).text)" }
                return "\(word): \(list.joined(separator: ","))"
            }
            throw .forbidden(.pods, key.name, "exceeded quota: \(quota.name), \(texts.joined(separator: ", "))")
        }
    }

    /// A pod's requests under the names of quotas.
    private static func charge(_ pod: JSONValue) -> ResourceAmounts {
        var result = ResourceAmounts()
        for (name, amount) in ResourceAmounts.requested(by: pod).amounts {
            result.amounts[name == "pods" ? name : "requests.\(name)"] = amount
        }
        return result
    }
}
