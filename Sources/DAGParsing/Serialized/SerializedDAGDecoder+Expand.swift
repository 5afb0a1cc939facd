import PipelineCore

extension SerializedDAGDecoder {
    /// - Parameter encoded: `{"type": "dict-of-lists" | "list-of-dicts", "value": ...}`
    func expandInput(_ encoded: JSONValue) throws(DAGParsingError) -> ExpandInput {
        let fields = try Self.fields(of: encoded)
        let type = try fields.requiredString("type")
        let value = try fields.required("value", fields["value"])
        return try at("value") { () throws(DAGParsingError) in
            switch type {
            case "dict-of-lists": try dictOfLists(value)
            case "list-of-dicts": .listOfDicts(try source(value))
            default: throw DAGParsingError(.unknownType, "unknown kind of expand input '\(type)'")
            }
        }
    }

    private func dictOfLists(_ value: JSONValue) throws(DAGParsingError) -> ExpandInput {
        guard let object = SerializedEncoding.plainContainer(value).objectValue else {
            throw DAGParsingError(.wrongType, "expected an object, found \(value.shortText)")
        }
        var arguments: [ExpandInput.Argument] = []
        for (name, element) in object {
            let elements = try at(name) { () throws(DAGParsingError) in try source(element) }
            arguments.append(ExpandInput.Argument(name: name, source: elements))
        }
        return .dictOfLists(arguments)
    }

    private func source(_ value: JSONValue) throws(DAGParsingError) -> ExpandInput.Source {
        switch SerializedEncoding.parts(of: value) {
        case ("xcomref", let content)?: return .xcom(try xcomReference(content))
        case ("dict", _)?, ("tuple", _)?, ("set", _)?, nil:
            let plain = SerializedEncoding.plain(value)
            guard plain.arrayValue != nil || plain.objectValue != nil else {
                throw DAGParsingError(.wrongType, "expected a list, an object or an XCom, found \(value.shortText)")
            }
            return .literal(plain)
        case (let type, _)?:
            throw DAGParsingError(.unknownType, "a task cannot be expanded over a value of type '\(type)'")
        }
    }

    /// - Parameter encoded: `{"task_id", "key"}`, or with `type` `map`, `zip` or `concat` and their arguments.
    func xcomReference(_ encoded: JSONValue) throws(DAGParsingError) -> XComReference {
        let fields = try Self.fields(of: encoded)
        switch try fields.string("type") ?? "" {
        case "":
            return .plain(taskID: try fields.requiredString("task_id"), key: try fields.requiredString("key"))
        case "map":
            let argument = try fields.required("arg", fields["arg"])
            return .map(
                try at("arg") { () throws(DAGParsingError) in try xcomReference(argument) },
                callables: try fields.strings("callables") ?? [])
        case "zip":
            // A fill value of `null` is a fill value; only its absence means "as long as the shortest".
            return .zip(try references(fields), fillValue: encoded["fillvalue"].map(SerializedEncoding.plain))
        case "concat": return .concat(try references(fields))
        case let type: throw DAGParsingError(.unknownType, "unknown kind of XCom reference '\(type)'", path: "type")
        }
    }

    private func references(_ fields: SerializedFields) throws(DAGParsingError) -> [XComReference] {
        try each(try fields.required("args", fields.array("args")), in: "args", xcomReference)
    }
}
