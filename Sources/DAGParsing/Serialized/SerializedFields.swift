import PipelineCore

/// Typed access to the fields of a serialized object. Several layers stand behind each other: the first that has a
/// field decides. `null` counts as absent, as in Airflow, which leaves out what is `None`.
struct SerializedFields {
    let layers: [JSONObject]

    init(_ layers: JSONObject...) { self.layers = layers }

    init(layers: [JSONObject]) { self.layers = layers }

    subscript(key: String) -> JSONValue? {
        for layer in layers {
            if let value = layer[key], !value.isNull { return value }
        }
        return nil
    }

    /// The field as `convert` gives it, `nil` where it is absent.
    /// - Throws: `wrongType` with the path and what was expected.
    private func field<T>(
        _ key: String, _ expected: String, _ convert: (JSONValue) -> T?
    ) throws(DAGParsingError) -> T? {
        guard let value = self[key] else { return nil }
        guard let result = convert(value) else {
            throw DAGParsingError(.wrongType, "expected \(expected), found \(value.shortText)", path: key)
        }
        return result
    }

    func required<T>(_ key: String, _ value: T?) throws(DAGParsingError) -> T {
        guard let value else { throw DAGParsingError(.missingField, "the field is missing", path: key) }
        return value
    }

    func string(_ key: String) throws(DAGParsingError) -> String? {
        try field(key, "a string") { $0.stringValue }
    }

    func requiredString(_ key: String) throws(DAGParsingError) -> String { try required(key, string(key)) }

    func bool(_ key: String) throws(DAGParsingError) -> Bool? {
        try field(key, "true or false") { $0.boolValue }
    }

    func int(_ key: String) throws(DAGParsingError) -> Int? {
        try field(key, "an integer") { $0.intValue }
    }

    func array(_ key: String) throws(DAGParsingError) -> [JSONValue]? {
        try field(key, "a list") { SerializedEncoding.plainContainer($0).arrayValue }
    }

    func object(_ key: String) throws(DAGParsingError) -> JSONObject? {
        try field(key, "an object") { SerializedEncoding.plainContainer($0).objectValue }
    }

    func strings(_ key: String) throws(DAGParsingError) -> [String]? {
        try field(key, "a list of strings") { value in
            guard let elements = SerializedEncoding.plainContainer(value).arrayValue else { return nil }
            let strings = elements.compactMap(\.stringValue)
            return strings.count == elements.count ? strings : nil
        }
    }

    /// A time span: seconds, bare or encoded as `timedelta`.
    func duration(_ key: String) throws(DAGParsingError) -> Duration? {
        try field(key, "a number of seconds") { value in
            let seconds =
                switch SerializedEncoding.parts(of: value) {
                case ("timedelta", let content)?: content.doubleValue
                case nil: value.doubleValue
                default: nil as Double?
                }
            return seconds.flatMap(Duration.init(checkedSeconds:))
        }
    }

    /// An instant: seconds since the epoch, bare or encoded as `datetime`, or ISO 8601 as old versions wrote it.
    func instant(_ key: String) throws(DAGParsingError) -> Timestamp? {
        try field(key, "a moment in seconds since the epoch") { value in
            switch SerializedEncoding.parts(of: value) {
            case ("datetime", let content)?: content.doubleValue.flatMap(Timestamp.init(checkedSeconds:))
            case nil:
                value.doubleValue.flatMap(Timestamp.init(checkedSeconds:))
                    ?? value.stringValue.flatMap { Timestamp(iso8601: $0) }
            default: nil
            }
        }
    }
}

extension SerializedEncoding {
    /// The content of an encoded container, anything else unchanged; unlike ``plain(_:)`` only the outermost level.
    static func plainContainer(_ value: JSONValue) -> JSONValue {
        guard let (type, content) = parts(of: value) else { return value }
        return ["dict", "tuple", "set"].contains(type) ? content : value
    }
}

extension Timestamp {
    /// `nil` where the number is not finite or beyond what microseconds can count.
    init?(checkedSeconds seconds: Double) {
        guard seconds.isFinite, seconds.magnitude < 9e12 else { return nil }
        self.init(seconds: seconds)
    }
}

extension Duration {
    /// `nil` where the number is not finite or beyond what microseconds can count.
    init?(checkedSeconds seconds: Double) {
        guard seconds.isFinite, seconds.magnitude < 9e12 else { return nil }
        self.init(fractionalSeconds: seconds)
    }
}

extension JSONValue {
    /// The value in at most 60 characters, for messages.
    var shortText: String {
        let text = serialized(.python)
        return text.count <= 60 ? text : text.prefix(57) + "..."
    }
}
