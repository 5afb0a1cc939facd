import PipelineCore

/// The setting `dst_policies`: `{"DAG ID or *": {"gap": "shift|skip", "fold": "first|second|both"}}`.
struct DSTPolicies: Sendable, Equatable {
    private var policies: [String: DSTPolicy] = [:]

    /// - Throws: ``UsageError`` naming the entry and what it may hold.
    init(_ text: String, source: String = "") throws {
        guard !text.isEmpty else { return }
        guard let object = (try? JSONValue.parse(text))?.objectValue else {
            throw UsageError("dst_policies must be JSON like {\"my_dag\": {\"gap\": \"skip\"}}, not '\(text)'\(source)")
        }
        for (dagID, entry) in object { policies[dagID] = try Self.policy(entry, dagID, source) }
    }

    /// What is stated for a DAG, else for all, else Airflow's.
    subscript(dagID: String) -> DSTPolicy { policies[dagID] ?? policies["*"] ?? .airflow }

    private static func policy(_ entry: JSONValue, _ dagID: String, _ source: String) throws -> DSTPolicy {
        guard let object = entry.objectValue else {
            throw UsageError("dst_policies: '\(dagID)' must be an object with gap, fold or both\(source)")
        }
        var policy = DSTPolicy.airflow
        for (key, value) in object {
            switch key {
            case "gap": policy.gap = try choice(value, "\(dagID): gap", source)
            case "fold": policy.fold = try choice(value, "\(dagID): fold", source)
            default: throw UsageError("dst_policies: \(dagID): '\(key)' is not known; there are gap and fold\(source)")
            }
        }
        return policy
    }

    private static func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ value: JSONValue, _ place: String, _ source: String
    ) throws -> Choice {
        if let choice = value.stringValue.flatMap(Choice.init(rawValue:)) { return choice }
        let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("dst_policies: \(place) must be one of \(all), not \(value.serialized())\(source)")
    }
}
