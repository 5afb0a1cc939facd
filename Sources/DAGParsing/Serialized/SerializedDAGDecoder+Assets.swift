import PipelineCore

extension SerializedDAGDecoder {
    /// An asset, an alias, a reference or a condition over them, as one flat object:
    /// `{"__type": "asset", "name": ...}`. Conditions write it so, inlets and outlets inside `__var`.
    func asset(_ encoded: JSONValue) throws(DAGParsingError) -> JSONValue {
        guard let type = encoded["__type"]?.stringValue, var object = encoded.objectValue else {
            throw DAGParsingError(.wrongType, "expected an encoded asset, found \(encoded.shortText)")
        }
        if let content = encoded["__var"]?.objectValue {
            object = JSONObject([("__type", .string(type))]).merging(content)
        }
        switch type {
        case "asset": try checkAsset(&object)
        case "asset_alias": _ = try SerializedFields(object).requiredString("name")
        case "asset_all", "asset_any": object["objects"] = .array(try members(object))
        case "asset_ref": try checkReference(object)
        default: throw DAGParsingError(.unknownType, "'\(type)' is not an asset", path: "__type")
        }
        return .object(object)
    }

    private func members(_ object: JSONObject) throws(DAGParsingError) -> [JSONValue] {
        let fields = SerializedFields(object)
        return try each(try fields.required("objects", fields.array("objects")), in: "objects", asset)
    }

    private func checkAsset(_ object: inout JSONObject) throws(DAGParsingError) {
        let fields = SerializedFields(object)
        _ = try fields.requiredString("uri")
        _ = try fields.requiredString("name")
        object["extra"] = SerializedEncoding.plain(fields["extra"] ?? [:])
    }

    private func checkReference(_ object: JSONObject) throws(DAGParsingError) {
        let fields = SerializedFields(object)
        let name = try fields.string("name")
        let uri = try fields.string("uri")
        guard name != nil || uri != nil else {
            throw DAGParsingError(.missingField, "an asset reference needs a name or a uri")
        }
    }

    /// `convert` of each element, with its position in the path of an error.
    func each<Element, T>(
        _ elements: [Element], in key: String, _ convert: (Element) throws(DAGParsingError) -> T
    ) throws(DAGParsingError) -> [T] {
        var results: [T] = []
        results.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            results.append(
                try at("\(key)[\(index)]") { () throws(DAGParsingError) in try convert(element) })
        }
        return results
    }
}
