import HTTPTransport
import PipelineCore

extension APICore {
    /// A token of a service account; the shortest life is ten minutes.
    mutating func token(_ call: KubernetesDouble.Call) throws(Failure) -> Reply {
        let (key, _) = try existing(call, .serviceaccounts)
        let body = try bodyObject(call)
        let seconds = body.at("spec", "expirationSeconds")?.intValue ?? 3_600
        guard seconds >= 600 else {
            let cause = ObjectValidation.Cause(
                "FieldValueInvalid", "spec.expirationSeconds",
                "Invalid value: \(seconds): may not specify a duration less than 10 minutes")
            throw .invalid("TokenRequest.authentication.k8s.io", "", [cause])
        }
        let text = "token-\(key.name)-\(store.newUID())"
        return Reply(
            201,
            json: [
                "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
                "metadata": ["name": .string(key.name), "namespace": .string(key.namespace)],
                "spec": ["expirationSeconds": .int(seconds), "audiences": body.at("spec", "audiences") ?? []],
                "status": [
                    "token": .string(text), "expirationTimestamp": stamp(wallTime + .seconds(seconds)),
                ],
            ])
    }

    /// Whether RBAC allows what is asked.
    func review(_ call: KubernetesDouble.Call) throws(Failure) -> Reply {
        var body = try bodyObject(call)
        let attributes = body.at("spec", "resourceAttributes")
        guard let verb = attributes?["verb"]?.stringValue, let resource = attributes?["resource"]?.stringValue else {
            throw .invalid(
                "SelfSubjectAccessReview.authorization.k8s.io", "",
                [
                    (
                        "FieldValueInvalid", "spec.resourceAttributes",
                        "Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified"
                    )
                ])
        }
        let part = attributes?["subresource"]?.stringValue ?? ""
        let isDenied = settings.denied.contains("\(verb) \(resource)" + (part.isEmpty ? "" : "/\(part)"))
        body.set("status", to: ["allowed": .bool(!isDenied)])
        return Reply(201, json: typed(body, .selfsubjectaccessreviews))
    }

    /// The eviction subresource: marks the pod and deletes it.
    mutating func evict(_ call: KubernetesDouble.Call) throws(Failure) -> Reply {
        let (key, _) = try existing(call, .pods)
        disrupt(key, reason: "EvictionByEvictionAPI", message: "Eviction API: evicting")
        return Reply(
            201, json: ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201])
    }
}
