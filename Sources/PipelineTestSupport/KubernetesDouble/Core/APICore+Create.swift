import HTTPTransport
import PipelineCore

extension APICore {
    mutating func create(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) -> Reply {
        guard call.name == nil || !call.path.hasSuffix("/\(call.name ?? "")") else { throw .methodNotAllowed }
        var object = try bodyObject(call)
        guard object.objectValue != nil else { throw .badRequest("the object provided is unrecognized") }
        let warnings = try strictFields(of: object, resource, call)
        let key = try identify(&object, resource, call)
        try admit(key, object, call)
        let created = decorate(object, key)
        guard call["dryRun"] == nil else { return reply(201, typed(created, resource), warnings) }
        let stored = commit(created, at: key)
        own(stored, by: call["fieldManager"] ?? "unknown")
        didCreate(stored, key)
        return reply(201, typed(stored, resource), warnings)
    }

    /// What the control plane does with an object that is new, whoever made it.
    mutating func didCreate(_ object: JSONValue, _ key: ObjectKey) {
        if key.resource == .pods { podCreated(object, key) }
        if key.resource == .namespaces { makeDefaultAccount(in: key.name) }
        if isOrphaned(object, in: key.namespace) {
            add(.collect(uid: object.uid), after: settings.collectionDelay)
        }
    }

    private mutating func makeDefaultAccount(in namespace: String) {
        let key = ObjectKey(.serviceaccounts, namespace, "default")
        if store[key] == nil { commit(decorate(["metadata": ["name": "default"]], key), at: key) }
    }

    private func reply(_ status: Int, _ object: JSONValue, _ warnings: [String]) -> Reply {
        var reply = Reply(status, json: object)
        for warning in warnings { reply.head.headers.append("Warning", "299 - \"\(warning.escapedQuotes)\"") }
        return reply
    }

    /// Unknown fields of a pod: refused with `fieldValidation=Strict`, else a warning for each.
    private func strictFields(
        of object: JSONValue, _ resource: Resource, _ call: KubernetesDouble.Call
    ) throws(Failure) -> [String] {
        guard resource == .pods else { return [] }
        let unknown = PodFields.unknown(in: object).map { "unknown field \"\($0)\"" }
        guard !unknown.isEmpty, call["fieldValidation"] == "Strict" else {
            return call["fieldValidation"] == "Ignore" ? [] : unknown
        }
        throw .badRequest(
            "Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: "
                + unknown.joined(separator: ", ")
        )
    }

    /// Gives the object its name and namespace.
    private mutating func identify(
        _ object: inout JSONValue, _ resource: Resource, _ call: KubernetesDouble.Call
    ) throws(Failure) -> ObjectKey {
        if object.name.isEmpty, let prefix = object.at("metadata", "generateName")?.stringValue {
            let letters = Array("bcdfghjklmnpqrstvwxz2456789")
            let suffix = String((0..<5).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] })
            object.set("metadata", "name", to: .string(prefix + suffix))
        }
        let namespace = call.namespace ?? ""
        if !object.namespace.isEmpty, object.namespace != namespace {
            throw .badRequest(
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        return ObjectKey(resource, namespace, object.name)
    }

    /// Validation and admission, in the order of a real server.
    func admit(_ key: ObjectKey, _ object: JSONValue, _ call: KubernetesDouble.Call) throws(Failure) {
        if key.resource.isNamespaced { try admit(into: key.namespace, key) }
        if key.resource == .pods, settings.restrictedNamespaces.contains(key.namespace) {
            try PodSecurity.check(object, key)
        }
        let causes = ObjectValidation.causes(object, key.resource)
        if !causes.isEmpty { throw .invalid(key.resource.kind, key.name, causes) }
        if key.resource == .pods { try checkQuota(object, key) }
        if let old = store[key] {
            throw .alreadyExists(key.resource, key.name, isTerminating: old.isTerminating)
        }
    }

    private func admit(into namespace: String, _ key: ObjectKey) throws(Failure) {
        guard let object = store[ObjectKey(.namespaces, "", namespace)] else {
            throw .notFound(.namespaces, namespace)
        }
        if object.isTerminating { throw .namespaceTerminating(key.resource, key.name, namespace: namespace) }
    }

    /// The object as the server stores it: with uid, stamps and defaults.
    mutating func decorate(_ object: JSONValue, _ key: ObjectKey) -> JSONValue {
        var object = object
        object.set("kind", to: nil)
        object.set("apiVersion", to: nil)
        object.set("metadata", "name", to: .string(key.name))
        if key.resource.isNamespaced { object.set("metadata", "namespace", to: .string(key.namespace)) }
        object.set("metadata", "uid", to: .string(store.newUID()))
        object.set("metadata", "creationTimestamp", to: stamp())
        if key.resource == .namespaces { object.set("status", to: ["phase": "Active"]) }
        if key.resource == .pods { PodDefaults.apply(to: &object) }
        return object
    }
}

extension String {
    var escapedQuotes: String { replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }
}
