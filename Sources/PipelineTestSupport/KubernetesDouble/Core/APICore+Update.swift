import HTTPTransport
import PipelineCore

extension APICore {
    mutating func update(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) -> Reply {
        let (key, old) = try existing(call, resource)
        let body = try bodyObject(call)
        if let revision = body.at("metadata", "resourceVersion")?.stringValue, !revision.isEmpty,
            revision != old.at("metadata", "resourceVersion")?.stringValue
        {
            throw .conflict(resource, key.name, Failure.staleObject)
        }
        let new = call.subresource == "status" ? Self.status(of: body, over: old) : Self.body(body, over: old)
        return Reply(200, json: typed(try replace(key, old, new, call), resource))
    }

    mutating func patch(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) -> Reply {
        let type = call.contentType?.prefix { $0 != ";" } ?? ""
        if type == "application/apply-patch+yaml" { return try apply(call, resource) }
        let (key, old) = try existing(call, resource)
        let patch = try bodyObject(call)
        let patched: JSONValue
        switch type {
        case "application/merge-patch+json": patched = old.merged(with: patch)
        case "application/json-patch+json": patched = try JSONPatch(patch).applied(to: old)
        default:
            throw Failure(
                415, "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: "
                    + "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")
        }
        let revision = patch.at("metadata", "resourceVersion")
        if revision != nil, revision != old.at("metadata", "resourceVersion") {
            throw .conflict(resource, key.name, Failure.staleObject)
        }
        let new = call.subresource == "status" ? Self.status(of: patched, over: old) : Self.body(patched, over: old)
        return Reply(200, json: typed(try replace(key, old, new, call), resource))
    }

    /// Stores what an update makes of an object; the same content leaves it, and its revision, alone.
    mutating func replace(
        _ key: ObjectKey, _ old: JSONValue, _ new: JSONValue, _ call: KubernetesDouble.Call
    ) throws(Failure) -> JSONValue {
        var causes = ObjectValidation.causes(new, key.resource)
        if key.resource == .pods { causes += PodMutability.causes(old, new) }
        if !causes.isEmpty { throw .invalid(key.resource.kind, key.name, causes) }
        if new == old || call["dryRun"] != nil { return new }
        let stored = commit(new, at: key)
        own(stored, by: call["fieldManager"] ?? "unknown", changedFrom: old)
        guard stored.isTerminating, (stored.at("metadata", "finalizers")?.arrayValue ?? []).isEmpty,
            stored.at("metadata", "deletionGracePeriodSeconds") == 0
        else { return stored }
        remove(key)
        return stored
    }

    /// Fields that belong to the server come from the old object.
    private static func body(_ new: JSONValue, over old: JSONValue) -> JSONValue {
        var result = new
        result.set("kind", to: nil)
        result.set("apiVersion", to: nil)
        for field in [
            "name", "namespace", "uid", "creationTimestamp", "resourceVersion", "deletionTimestamp",
            "deletionGracePeriodSeconds", "generation",
        ] {
            result.set("metadata", field, to: old.at("metadata", field))
        }
        if old["status"] != nil { result.set("status", to: old["status"]) }
        return result
    }

    private static func status(of new: JSONValue, over old: JSONValue) -> JSONValue {
        var result = old
        result.set("status", to: new["status"])
        return result
    }
}

/// Which fields of a pod may change after its creation.
enum PodMutability {
    static func causes(_ old: JSONValue, _ new: JSONValue) -> [ObjectValidation.Cause] {
        guard fixed(old) != fixed(new) else { return [] }
        return [
            (
                "FieldValueForbidden", "spec",
                "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
                    + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions "
                    + "to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if "
                    + "it was previously negative)"
            )
        ]
    }

    private static func fixed(_ pod: JSONValue) -> JSONValue {
        var spec = pod["spec"] ?? [:]
        for field in ["activeDeadlineSeconds", "tolerations"] { spec.set(field, to: nil) }
        for list in ["containers", "initContainers"] {
            guard let containers = spec[list]?.arrayValue else { continue }
            spec.set(
                list,
                to: .array(
                    containers.map { container in
                        var container = container
                        container.set("image", to: nil)
                        return container
                    }))
        }
        return spec
    }
}
