/// A JSON object as its bytes, a tenth of what its tree weighs: for what is kept for each of many tasks and read once,
/// when the task is launched or shown.
struct PackedJSON: Sendable {
    /// Empty for an object without members.
    private var utf8: [UInt8] = []

    init() {}

    init(_ object: JSONObject) {
        if !object.isEmpty { utf8 = JSONValue.object(object).serializedUTF8() }
    }

    var byteCount: Int { utf8.count }

    /// Reads the bytes, each time it is asked for.
    var object: JSONObject {
        guard !utf8.isEmpty else { return JSONObject() }
        guard let object = try? JSONValue.parse(utf8: utf8).objectValue else {
            preconditionFailure("what was written as an object is read as one")
        }
        return object
    }
}

extension PackedJSON: Hashable {
    /// As of objects: the order of the members does not count.
    static func == (left: PackedJSON, right: PackedJSON) -> Bool {
        left.utf8 == right.utf8 || left.object == right.object
    }

    func hash(into hasher: inout Hasher) { hasher.combine(object) }
}
