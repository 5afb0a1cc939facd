import HTTPTransport
import PipelineCore

/// What a deletion asks for, from its body and its query.
struct DeleteOptions {
    var gracePeriodSeconds: Int?
    var uid: String?
    var resourceVersion: String?
    var propagation: String
    var isDryRun: Bool

    init(_ call: KubernetesDouble.Call) throws(Failure) {
        var body: JSONValue = [:]
        if !call.body.isEmpty {
            guard let parsed = try? JSONValue.parse(utf8: call.body) else {
                throw .badRequest("couldn't get version/kind; json parse error")
            }
            body = parsed
        }
        gracePeriodSeconds = body["gracePeriodSeconds"]?.intValue ?? Int(call["gracePeriodSeconds"] ?? "")
        uid = body.at("preconditions", "uid")?.stringValue
        resourceVersion = body.at("preconditions", "resourceVersion")?.stringValue
        propagation = body["propagationPolicy"]?.stringValue ?? call["propagationPolicy"] ?? "Background"
        isDryRun = call["dryRun"] != nil || body["dryRun"]?.arrayValue?.isEmpty == false
        guard ["Background", "Orphan"].contains(propagation) else {
            throw .badRequest("this server does no deletion with propagationPolicy \(propagation)")
        }
    }
}

extension APICore {
    mutating func delete(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) -> Reply {
        let options = try DeleteOptions(call)
        let (key, object) = try existing(call, resource)
        if let uid = options.uid, uid != object.uid {
            throw .conflict(
                resource, key.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(object.uid)")
        }
        if let revision = options.resourceVersion, revision != object.at("metadata", "resourceVersion")?.stringValue {
            throw .conflict(resource, key.name, "Precondition failed: ResourceVersion in precondition: \(revision)")
        }
        let last = options.isDryRun ? object : delete(key, object, options)
        // Pods and namespaces come back whole, the rest as a Status.
        if resource == .pods || store[key] != nil { return Reply(200, json: typed(last, resource)) }
        let details: JSONValue = [
            "name": .string(key.name), "kind": .string(resource.rawValue), "uid": .string(object.uid),
        ]
        return Reply(
            200, json: ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details])
    }

    mutating func deleteCollection(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) -> Reply {
        let options = try DeleteOptions(call)
        let labels = try labels(call)
        let fields = try fields(call, resource)
        let found = store.list(resource, namespace: call.namespace).filter { labels.matches($0) && fields.matches($0) }
        for object in found where !options.isDryRun {
            _ = delete(ObjectKey(resource, object.namespace, object.name), object, options)
        }
        return Reply(
            200,
            json: [
                "kind": .string("\(resource.kind)List"), "apiVersion": .string(resource.apiVersion),
                "metadata": ["resourceVersion": .string(String(store.revision))], "items": .array(found),
            ])
    }

    /// Deletes, or marks for deletion; what the object is then.
    @discardableResult
    private mutating func delete(_ key: ObjectKey, _ object: JSONValue, _ options: DeleteOptions) -> JSONValue {
        if options.propagation == "Orphan" { orphanDependents(of: object.uid) }
        switch key.resource {
        case .pods: return deletePod(key, object, grace: options.gracePeriodSeconds)
        case .namespaces: return deleteNamespace(key, object)
        default: return finishDeletion(key, object)
        }
    }

    /// Removes an object, or marks it where finalizers hold it.
    @discardableResult
    mutating func finishDeletion(_ key: ObjectKey, _ object: JSONValue) -> JSONValue {
        guard !(object.at("metadata", "finalizers")?.arrayValue ?? []).isEmpty else {
            remove(key)
            return object
        }
        if object.isTerminating { return object }
        var marked = object
        marked.set("metadata", "deletionTimestamp", to: stamp())
        marked.set("metadata", "deletionGracePeriodSeconds", to: 0)
        return commit(marked, at: key)
    }

    /// - Parameter grace: in seconds; `nil` takes the pod's own. A pod that runs nowhere goes at once.
    @discardableResult
    mutating func deletePod(_ key: ObjectKey, _ pod: JSONValue, grace: Int?) -> JSONValue {
        let phase = pod.at("status", "phase")?.stringValue ?? ""
        let runs = pod.at("spec", "nodeName") != nil && !["Succeeded", "Failed"].contains(phase)
        let own = pod.at("spec", "terminationGracePeriodSeconds")?.intValue ?? 30
        let seconds = runs ? max(0, grace ?? own) : 0
        if seconds == 0 { return finishDeletion(key, pod) }
        let old = pod.at("metadata", "deletionGracePeriodSeconds")?.intValue
        if pod.isTerminating, (old ?? 0) <= seconds { return pod }
        var marked = pod
        marked.set("metadata", "deletionTimestamp", to: stamp(wallTime + .seconds(seconds)))
        marked.set("metadata", "deletionGracePeriodSeconds", to: .int(seconds))
        let generation = pod.at("metadata", "generation")?.intValue ?? 1
        if old == nil { marked.set("metadata", "generation", to: .int(generation + 1)) }
        let stored = commit(marked, at: key)
        podMarkedForDeletion(stored.uid, grace: .seconds(seconds))
        return stored
    }

    private mutating func deleteNamespace(_ key: ObjectKey, _ object: JSONValue) -> JSONValue {
        var marked = object
        marked.set("metadata", "deletionTimestamp", to: stamp())
        marked.set("status", "phase", to: "Terminating")
        let stored = commit(marked, at: key)
        for resource in Resource.allCases where resource.isNamespaced {
            for object in store.list(resource, namespace: key.name) {
                let inner = ObjectKey(resource, key.name, object.name)
                if resource == .pods { deletePod(inner, object, grace: nil) } else { finishDeletion(inner, object) }
            }
        }
        finishNamespace(key.name)
        return stored
    }

    /// A terminating namespace goes once nothing is left in it.
    mutating func finishNamespace(_ name: String) {
        let key = ObjectKey(.namespaces, "", name)
        guard let namespace = store[key], namespace.isTerminating else { return }
        let isEmpty = Resource.allCases.filter(\.isNamespaced).allSatisfy { resource in
            !(store.objects[resource] ?? [:]).keys.contains { $0.namespace == name }
        }
        if isEmpty { remove(key) }
    }

    // MARK: Garbage collection

    private func exists(uid: String, in namespace: String) -> Bool {
        store.keysByUID[uid].map { $0.namespace == namespace || $0.namespace.isEmpty } ?? false
    }

    /// Whether an object names owners and none of them is there.
    func isOrphaned(_ object: JSONValue, in namespace: String) -> Bool {
        !object.ownerUIDs.isEmpty && !object.ownerUIDs.contains { exists(uid: $0, in: namespace) }
    }

    mutating func collectDependents(of uid: String) {
        for (_, object) in store.dependents(of: uid) {
            add(.collect(uid: object.uid), after: settings.collectionDelay)
        }
    }

    /// Deletes an object none of whose owners is there.
    mutating func collect(uid: String) {
        guard let key = store.keysByUID[uid], let object = store[key], isOrphaned(object, in: key.namespace) else {
            return
        }
        if key.resource == .pods { deletePod(key, object, grace: nil) } else { finishDeletion(key, object) }
    }

    private mutating func orphanDependents(of uid: String) {
        for (key, object) in store.dependents(of: uid) {
            var free = object
            let all = object.at("metadata", "ownerReferences")?.arrayValue ?? []
            let rest = all.filter { $0["uid"]?.stringValue != uid }
            free.set("metadata", "ownerReferences", to: rest.isEmpty ? nil : .array(rest))
            commit(free, at: key)
        }
    }
}
