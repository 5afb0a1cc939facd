import HTTPTransport
import PipelineCore

extension APICore {
    /// Objects in the store carry no kind; answers do.
    func typed(_ object: JSONValue, _ resource: Resource) -> JSONValue {
        var members: JSONObject = ["kind": .string(resource.kind), "apiVersion": .string(resource.apiVersion)]
        for (key, value) in object.objectValue ?? [:] { members[key] = value }
        return .object(members)
    }

    func get(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) -> Reply {
        Reply(200, json: typed(try existing(call, resource).1, resource))
    }

    func list(_ call: KubernetesDouble.Call, _ resource: Resource, staleBy revisions: Int) throws(Failure) -> Reply {
        let labels = try labels(call)
        let fields = try fields(call, resource)
        let place = try place(of: call, staleBy: revisions)
        guard let all = objects(resource, call.namespace, at: place.revision) else { throw .expiredList }
        let found = all.filter { labels.matches($0) && fields.matches($0) }
        var rest = found[...]
        if let start = place.start { rest = rest.drop { ObjectKey(resource, $0.namespace, $0.name) <= start } }
        let limit = Int(call["limit"] ?? "") ?? 0
        let page = limit > 0 ? rest.prefix(limit) : rest
        var metadata: JSONObject = ["resourceVersion": .string(String(place.revision))]
        if page.count < rest.count, let last = page.last {
            metadata["continue"] = .string(ContinueToken(revision: place.revision, last: last).text)
            if labels.requirements.isEmpty, fields.requirements.isEmpty {
                metadata["remainingItemCount"] = .int(rest.count - page.count)
            }
        }
        return Reply(
            200,
            json: [
                "kind": .string("\(resource.kind)List"), "apiVersion": .string(resource.apiVersion),
                "metadata": .object(metadata), "items": .array(Array(page)),
            ])
    }

    private func objects(_ resource: Resource, _ namespace: String?, at revision: Int) -> [JSONValue]? {
        revision == store.revision
            ? store.list(resource, namespace: namespace) : store.list(resource, namespace: namespace, at: revision)
    }

    /// Which state a list shows, and behind which object a page of it starts.
    private func place(
        of call: KubernetesDouble.Call, staleBy revisions: Int
    ) throws(Failure) -> (revision: Int, start: ObjectKey?) {
        if let text = call["continue"], !text.isEmpty { return try place(continuing: text, call) }
        let asked = try revision(call["resourceVersion"])
        let match = call["resourceVersionMatch"] ?? ""
        try check(match: match, asked, call)
        if asked > store.revision { throw .tooLargeRevision(asked, current: store.revision) }
        if match == "Exact" {
            guard asked >= store.compacted else { throw .expiredList }
            return (asked, nil)
        }
        return (max(store.compacted, asked, store.revision - revisions), nil)
    }

    private func check(match: String, _ asked: Int, _ call: KubernetesDouble.Call) throws(Failure) {
        guard !match.isEmpty else { return }
        let text: String? =
            !["Exact", "NotOlderThan"].contains(match)
            ? "Unsupported value: \"\(match)\": supported values: \"Exact\", \"NotOlderThan\", \"\""
            : call["resourceVersion"] == nil
                ? "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
                : match == "Exact" && asked == 0
                    ? "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"" : nil
        guard let text else { return }
        throw .invalid("ListOptions.meta.k8s.io", "", [("FieldValueForbidden", "resourceVersionMatch", text)])
    }

    private func place(
        continuing text: String, _ call: KubernetesDouble.Call
    ) throws(Failure) -> (revision: Int, start: ObjectKey?) {
        guard let token = ContinueToken(text: text) else {
            throw .badRequest("continue key is not valid: illegal base64 data")
        }
        let start = ObjectKey(call.resource ?? .pods, token.namespace, token.name)
        if token.revision >= store.compacted { return (token.revision, start) }
        var failure = Failure(
            410, "Expired",
            "The provided continue parameter is too old to display a consistent list result. You can start a new list "
                + "without the continue parameter, or use the continue token in this response to retrieve the "
                + "remainder of the results. Continuing with the provided token results in an inconsistent list - "
                + "objects that were created, modified, or deleted between the time the first chunk was returned and "
                + "now may show up in the list.")
        failure.details = [:]
        throw failure
    }
}

/// Where the next page of a list starts. Its text means nothing to clients.
struct ContinueToken {
    var revision: Int
    var namespace: String
    var name: String

    init(revision: Int, last: JSONValue) {
        self.revision = revision
        namespace = last.namespace
        name = last.name
    }

    init?(text: String) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let revision = Int(parts[0]) else { return nil }
        (self.revision, namespace, name) = (revision, String(parts[1]), String(parts[2]))
    }

    var text: String {
        "\(revision)/\(namespace)/\(name)".utf8.map { ObjectStore.hexadecimal(UInt64($0), width: 2) }.joined()
    }
}
