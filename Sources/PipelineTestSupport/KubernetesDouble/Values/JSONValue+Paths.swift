import PipelineCore

extension JSONValue {
    /// The value below a path of member names.
    func at(_ path: String...) -> JSONValue? { at(path) }

    func at(_ path: some Sequence<String>) -> JSONValue? { path.reduce(self as JSONValue?) { $0?[$1] } }

    /// Sets the member at `path`, making the objects on the way; `nil` removes it.
    mutating func set(_ path: String..., to value: JSONValue?) { set(path[...], to: value) }

    mutating func set(_ path: ArraySlice<String>, to value: JSONValue?) {
        guard let first = path.first else { return }
        var members = objectValue ?? [:]
        if path.count == 1 {
            members[first] = value
        } else if members[first] != nil || value != nil {
            var child = members[first] ?? [:]
            child.set(path.dropFirst(), to: value)
            members[first] = child
        }
        self = .object(members)
    }

    /// Sets the member at `path` where there is none.
    mutating func setDefault(_ path: String..., to value: JSONValue) {
        if at(path) == nil { set(path[...], to: value) }
    }

    var name: String { at("metadata", "name")?.stringValue ?? "" }
    var namespace: String { at("metadata", "namespace")?.stringValue ?? "" }
    var uid: String { at("metadata", "uid")?.stringValue ?? "" }
    var ownerUIDs: [String] {
        (at("metadata", "ownerReferences")?.arrayValue ?? []).compactMap { $0["uid"]?.stringValue }
    }
    var isTerminating: Bool { at("metadata", "deletionTimestamp") != nil }

    /// Labels or annotations as strings.
    func strings(_ path: String...) -> [String: String] {
        var result: [String: String] = [:]
        for (key, value) in at(path)?.objectValue ?? [:] { result[key] = value.stringValue }
        return result
    }
}
