import PipelineCore

extension JSONValue {
    /// RFC 7396.
    func merged(with patch: JSONValue) -> JSONValue {
        guard let changes = patch.objectValue else { return patch }
        var members = objectValue ?? [:]
        for (key, change) in changes {
            members[key] = change.isNull ? nil : (members[key] ?? .null).merged(with: change)
        }
        return .object(members)
    }
}

/// RFC 6902: `add`, `remove`, `replace` and `test`.
struct JSONPatch {
    private let operations: [JSONValue]

    init(_ value: JSONValue) throws(Failure) {
        guard let operations = value.arrayValue else { throw .badRequest("a JSON patch is an array of operations") }
        self.operations = operations
    }

    func applied(to object: JSONValue) throws(Failure) -> JSONValue {
        var result = object
        for operation in operations { result = try apply(operation, to: result) }
        return result
    }

    private func apply(_ operation: JSONValue, to object: JSONValue) throws(Failure) -> JSONValue {
        let name = operation["op"]?.stringValue ?? ""
        let path = operation["path"]?.stringValue ?? ""
        let parts = path.split(separator: "/").map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
        guard ["add", "remove", "replace", "test"].contains(name) else {
            throw .badRequest("unsupported JSON patch operation \"\(name)\"")
        }
        let refused = Failure.invalid(
            "", "", [("FieldValueInvalid", "patch", "\(name) operation does not apply: doc is missing path: \(path)")])
        guard let changed = Self.change(object, parts[...], name, operation["value"]) else { throw refused }
        return changed
    }

    /// `nil` where the operation does not fit.
    private static func change(
        _ value: JSONValue, _ path: ArraySlice<String>, _ operation: String, _ new: JSONValue?
    ) -> JSONValue? {
        guard let first = path.first else { return operation == "test" ? (value == new ? value : nil) : new }
        if case .array(let elements) = value { return change(elements, first, path.dropFirst(), operation, new) }
        guard var members = value.objectValue else { return nil }
        if path.count == 1, operation == "add" {
            members[first] = new
        } else {
            guard let child = members[first] else { return nil }
            if path.count == 1, operation == "remove" {
                members[first] = nil
            } else {
                guard let changed = change(child, path.dropFirst(), operation, new) else { return nil }
                members[first] = changed
            }
        }
        return .object(members)
    }

    private static func change(
        _ elements: [JSONValue], _ first: String, _ rest: ArraySlice<String>, _ operation: String, _ new: JSONValue?
    ) -> JSONValue? {
        var elements = elements
        if first == "-", rest.isEmpty, operation == "add", let new { return .array(elements + [new]) }
        guard let index = Int(first), index >= 0,
            index < elements.count || (operation == "add" && index == elements.count)
        else { return nil }
        if rest.isEmpty, operation == "add", let new {
            elements.insert(new, at: index)
        } else if rest.isEmpty, operation == "remove" {
            elements.remove(at: index)
        } else {
            guard let changed = change(elements[index], rest, operation, new) else { return nil }
            elements[index] = changed
        }
        return .array(elements)
    }
}
