import HTTPTransport
import PipelineCore

/// Server-side apply. A field is the path of a value that is no object; lists are one field.
extension APICore {
    mutating func apply(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) -> Reply {
        guard let manager = call["fieldManager"], !manager.isEmpty else {
            throw .invalid(
                "PatchOptions.meta.k8s.io", "",
                [("FieldValueRequired", "fieldManager", "Required value: is required for apply patch")])
        }
        let body = try bodyObject(call)
        guard body["apiVersion"]?.stringValue == resource.apiVersion, body["kind"]?.stringValue == resource.kind else {
            throw .badRequest("invalid object type: the apply configuration needs apiVersion and kind")
        }
        if !body.name.isEmpty, body.name != call.name {
            throw .badRequest(
                "the name of the object (\(body.name)) does not match the name on the URL (\(call.name ?? ""))")
        }
        let key = key(call, resource)
        guard let old = store[key] else { return try applyNew(key, body, manager, call) }
        let fields = Self.fields(of: body)
        try checkConflicts(fields, old, manager, call)
        let new = merge(fields, into: old, manager)
        let stored = try replace(key, old, new, call)
        for field in fields.keys { managers[old.uid, default: [:]][field] = manager }
        return Reply(200, json: typed(stored, resource))
    }

    private mutating func applyNew(
        _ key: ObjectKey, _ body: JSONValue, _ manager: String, _ call: KubernetesDouble.Call
    ) throws(Failure) -> Reply {
        var body = body
        body.set("metadata", "name", to: .string(key.name))
        try admit(key, body, call)
        let created = decorate(body, key)
        guard call["dryRun"] == nil else { return Reply(201, json: typed(created, key.resource)) }
        let stored = commit(created, at: key)
        for field in Self.fields(of: body).keys { managers[stored.uid, default: [:]][field] = manager }
        didCreate(stored, key)
        return Reply(201, json: typed(stored, key.resource))
    }

    private func checkConflicts(
        _ fields: [String: JSONValue], _ old: JSONValue, _ manager: String, _ call: KubernetesDouble.Call
    ) throws(Failure) {
        guard !call.flag("force") else { return }
        let taken = fields.filter { path, value in
            guard let owner = managers[old.uid]?[path], owner != manager else { return false }
            return old.at(Self.path(path)) != value
        }
        guard !taken.isEmpty else { return }
        let causes = taken.keys.sorted().map { path -> JSONValue in
            let owner = managers[old.uid]?[path] ?? ""
            return [
                "reason": "FieldManagerConflict", "message": .string("conflict with \"\(owner)\" using v1"),
                "field": .string("." + Self.path(path).joined(separator: ".")),
            ]
        }
        let owners = Set(taken.keys.compactMap { managers[old.uid]?[$0] }).sorted()
        throw Failure(
            409, "Conflict",
            "Apply failed with \(taken.count) conflict\(taken.count == 1 ? "" : "s"): conflicts with "
                + owners.map { "\"\($0)\"" }.joined(separator: ", "),
            details: ["causes": .array(causes)])
    }

    /// The old object with the fields of the configuration, and without those that the manager gave up.
    private mutating func merge(_ fields: [String: JSONValue], into old: JSONValue, _ manager: String) -> JSONValue {
        var new = old
        for (path, owner) in managers[old.uid] ?? [:] where owner == manager && fields[path] == nil {
            new.set(Self.path(path)[...], to: nil)
            managers[old.uid]?[path] = nil
        }
        for (path, value) in fields.sorted(by: { $0.key < $1.key }) {
            // An empty object says that there is one, not what is in it.
            if value == [:], new.at(Self.path(path))?.objectValue != nil { continue }
            new.set(Self.path(path)[...], to: value)
        }
        return new
    }

    /// Notes who set the fields of an object, those that did not change aside.
    mutating func own(_ object: JSONValue, by manager: String, changedFrom old: JSONValue? = nil) {
        let before = old.map(Self.fields) ?? [:]
        for (path, value) in Self.fields(of: object) where before[path] != value {
            managers[object.uid, default: [:]][path] = manager
        }
    }

    /// Members may contain dots and slashes; a character that they cannot have parts them.
    private static let separator: Character = "\u{1F}"

    private static func path(_ text: String) -> [String] { text.split(separator: separator).map(String.init) }

    private static let ofTheServer: Set<String> = [
        "kind", "apiVersion", "status", "metadata\u{1F}name", "metadata\u{1F}namespace", "metadata\u{1F}uid",
        "metadata\u{1F}resourceVersion", "metadata\u{1F}creationTimestamp", "metadata\u{1F}generation",
        "metadata\u{1F}managedFields", "metadata\u{1F}deletionTimestamp",
    ]

    private static func fields(of object: JSONValue) -> [String: JSONValue] {
        var result: [String: JSONValue] = [:]
        func visit(_ value: JSONValue, _ path: String) {
            if ofTheServer.contains(path) { return }
            guard let members = value.objectValue, !members.isEmpty || path.isEmpty else {
                result[path] = value
                return
            }
            for (key, child) in members { visit(child, path.isEmpty ? key : "\(path)\(separator)\(key)") }
        }
        visit(object, "")
        return result
    }
}
