/// What a custom mapper said, as Python sends it and the store keeps it: `{"expected": [...] | null, "minimum": n | null,
/// "date": microseconds | null}`.
extension CustomPartition {
    package var json: JSONValue {
        var object: JSONObject = ["expected": .null, "minimum": .null, "date": .null]
        if let date { object["date"] = .int(Int(date.microseconds)) }
        guard let requirement else { return .object(object) }
        object["expected"] = .array(requirement.expected.sorted().map { .string($0) })
        if case .minimum(let count) = requirement.policy { object["minimum"] = .int(count) }
        return .object(object)
    }

    /// - Throws: ``PartitionError`` for another form.
    package init(_ json: JSONValue) throws(PartitionError) {
        guard json.objectValue != nil else {
            throw PartitionError("expected the answer of a partition mapper, found \(json.serialized().prefix(120))")
        }
        let policy: WaitPolicy = json["minimum"]?.intValue.map { .minimum($0) } ?? .all
        let expected = json["expected"]?.arrayValue?.compactMap(\.stringValue)
        self.init(
            requirement: expected.map { PartitionRequirement(expected: Set($0), policy: policy) },
            date: json["date"]?.intValue.map { Timestamp(microseconds: Int64($0)) })
    }
}
