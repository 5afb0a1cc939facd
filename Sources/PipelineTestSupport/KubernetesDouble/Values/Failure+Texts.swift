import PipelineCore

/// The texts of a 1.34 API server.
extension KubernetesDouble.Failure {
    typealias Resource = KubernetesDouble.Resource

    private static func details(_ resource: Resource, _ name: String) -> JSONObject {
        var details: JSONObject = ["name": .string(name)]
        if !resource.group.isEmpty { details["group"] = .string(resource.group) }
        details["kind"] = .string(resource.rawValue)
        return details
    }

    private static func qualified(_ resource: Resource) -> String {
        resource.group.isEmpty ? resource.rawValue : "\(resource.rawValue).\(resource.group)"
    }

    static func notFound(_ resource: Resource, _ name: String) -> Self {
        Self(404, "NotFound", "\(qualified(resource)) \"\(name)\" not found", details: details(resource, name))
    }

    static func alreadyExists(_ resource: Resource, _ name: String, isTerminating: Bool) -> Self {
        let what = isTerminating ? "object is being deleted: " : ""
        return Self(
            409, "AlreadyExists", "\(what)\(qualified(resource)) \"\(name)\" already exists",
            details: details(resource, name))
    }

    static func conflict(_ resource: Resource, _ name: String, _ why: String) -> Self {
        Self(
            409, "Conflict", "Operation cannot be fulfilled on \(qualified(resource)) \"\(name)\": \(why)",
            details: details(resource, name))
    }

    static let staleObject =
        "the object has been modified; please apply your changes to the latest version and try again"

    /// - Parameter causes: reason, field and message of each fault.
    static func invalid(_ kind: String, _ name: String, _ causes: [(reason: String, field: String, text: String)])
        -> Self
    {
        let texts = causes.map { "\($0.field): \($0.text)" }
        let text = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
        let list = causes.map { cause -> JSONValue in
            ["reason": .string(cause.reason), "message": .string(cause.text), "field": .string(cause.field)]
        }
        let details: JSONObject = ["name": .string(name), "kind": .string(kind), "causes": .array(list)]
        return Self(422, "Invalid", "\(kind) \"\(name)\" is invalid: \(text)", details: details)
    }

    static func badRequest(_ message: String) -> Self { Self(400, "BadRequest", message) }

    static let unauthorized = Self(401, "Unauthorized", "Unauthorized")

    static func forbidden(_ resource: Resource, _ name: String, _ why: String, causes: [JSONValue] = []) -> Self {
        var details = details(resource, name)
        if !causes.isEmpty { details["causes"] = .array(causes) }
        return Self(403, "Forbidden", "\(qualified(resource)) \"\(name)\" is forbidden: \(why)", details: details)
    }

    /// Refused by RBAC; the text has no name where the call has none.
    static func rbac(_ call: KubernetesDouble.Call, user: String) -> Self {
        let resource = call.resource ?? .pods
        let full = resource.rawValue + (call.subresource.map { "/\($0)" } ?? "")
        let subject = qualified(resource) + (call.name.map { call.verb == .create ? "" : " \"\($0)\"" } ?? "")
        let place = call.namespace.map { "in the namespace \"\($0)\"" } ?? "at the cluster scope"
        let text =
            "\(subject) is forbidden: User \"\(user)\" cannot \(call.verb.rawValue) resource \"\(full)\" "
            + "in API group \"\(resource.group)\" \(place)"
        var details: JSONObject = ["kind": .string(resource.rawValue)]
        if let name = call.name, call.verb != .create { details["name"] = .string(name) }
        return Self(403, "Forbidden", text, details: details)
    }

    static func namespaceTerminating(_ resource: Resource, _ name: String, namespace: String) -> Self {
        forbidden(
            resource, name, "unable to create new content in namespace \(namespace) because it is being terminated",
            causes: [
                [
                    "reason": "NamespaceTerminating", "field": "metadata.namespace",
                    "message": .string("namespace \(namespace) is being terminated"),
                ]
            ])
    }

    /// As an ERROR event of a watch.
    static func expiredWatch(_ asked: Int, oldest: Int) -> Self {
        Self(410, "Expired", "too old resource version: \(asked) (\(oldest))")
    }

    static let expiredList = Self(410, "Expired", "The resourceVersion for the provided list is too old.")

    static func tooLargeRevision(_ asked: Int, current: Int) -> Self {
        Self(
            504, "Timeout", "Too large resource version: \(asked), current: \(current)",
            details: [
                "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
                "retryAfterSeconds": 1,
            ])
    }

    static let pathNotFound = Self(404, "NotFound", "the server could not find the requested resource")
    static let methodNotAllowed = Self(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
}
