package import PipelineCore

/// A pod that is to be: everything that is sent, and what is known of it here.
package struct PodRequest: Sendable, Hashable {
    package var identity: PodIdentity
    package var plan: PodPlan
    /// The whole object, Kubernetes JSON.
    package var pod: JSONValue

    package init(identity: PodIdentity, plan: PodPlan, pod: JSONValue) {
        self.identity = identity
        self.plan = plan
        self.pod = pod
    }

    package var name: String { pod["metadata"]?["name"]?.stringValue ?? "" }
    package var namespace: String { pod["metadata"]?["namespace"]?.stringValue ?? "" }

    /// The same pod with an owner: whoever deletes that, deletes the pod.
    package func owned(by owner: PodOwner) -> PodRequest {
        var result = self
        result.pod = pod.setting("metadata", "ownerReferences", to: [owner.reference])
        return result
    }
}

/// The ConfigMap of a run, which owns the run's pods.
package struct PodOwner: Sendable, Hashable {
    package var name: String
    package var uid: String

    package init(name: String, uid: String) {
        self.name = name
        self.uid = uid
    }

    var reference: JSONValue {
        ["apiVersion": "v1", "kind": "ConfigMap", "name": .string(name), "uid": .string(uid)]
    }
}

extension JSONValue {
    /// This object with the member at the path `keys` replaced; objects on the way are made.
    func setting(_ keys: String..., to value: JSONValue?) -> JSONValue { setting(keys[...], to: value) }

    private func setting(_ keys: ArraySlice<String>, to value: JSONValue?) -> JSONValue {
        guard let key = keys.first else { return value ?? .null }
        var object = objectValue ?? JSONObject()
        object[key] = keys.count == 1 ? value : (object[key] ?? [:]).setting(keys.dropFirst(), to: value)
        return .object(object)
    }
}
