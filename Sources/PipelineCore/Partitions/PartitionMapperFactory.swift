/// Makes mappers of what a serialized DAG says of them. Source: Airflow 3.3 `serialization/encoders.py`
/// (`encode_partition_mapper`, `encode_window`, `encode_wait_policy`).
package struct PartitionMapperFactory: Sendable {
    private static let modules = ["airflow.partition_mappers.", "airflow.sdk.definitions.partition_mappers."]
    private let zone: @Sendable (String) throws -> ZoneRules

    package init(zone: @escaping @Sendable (String) throws -> ZoneRules) { self.zone = zone }

    /// - Parameter encoded: `{"__type": import path, "__var": arguments}`
    /// - Throws: ``PartitionError`` for a mapper that says nothing sensible, ``ZoneError``.
    package func mapper(_ encoded: JSONValue) throws -> PartitionMapper {
        let arguments = encoded["__var"] ?? [:]
        guard let path = encoded["__type"]?.stringValue else { throw Self.malformed(encoded, "a partition mapper") }
        let limit = arguments["max_downstream_keys"]?.intValue
        guard let name = Self.stock(path), let kind = try kind(name, arguments) else {
            return PartitionMapper(.python, maximumTargets: limit)
        }
        return PartitionMapper(kind, maximumTargets: limit)
    }

    private func kind(_ name: String, _ arguments: JSONValue) throws -> PartitionMapper.Kind? {
        if let period = TemporalMapper.Period(rawValue: name) { return .temporal(try temporal(period, arguments)) }
        switch name {
        case "IdentityMapper": return .identity
        case "AllowedKeyMapper":
            guard let keys = arguments["allowed_keys"]?.arrayValue else { throw Self.malformed(arguments, "allowed keys") }
            return .allowedKeys(keys.compactMap(\.stringValue))
        case "FixedKeyMapper":
            guard let key = arguments["downstream_key"]?.stringValue else { throw Self.malformed(arguments, "a key") }
            return .fixedKey(key)
        case "ProductMapper":
            return try mappers(arguments).map {
                .product($0, delimiter: arguments["delimiter"]?.stringValue ?? "|")
            }
        case "ChainMapper": return try mappers(arguments).map { .chain($0) }
        case "RollupMapper": return try rollup(arguments)
        case "FanOutMapper": return try fanOut(arguments)
        default: return nil
        }
    }

    private func temporal(_ period: TemporalMapper.Period, _ arguments: JSONValue) throws -> TemporalMapper {
        let zoneName: String =
            switch arguments["timezone"] {
            case .string(let name)?: name
            case .int(let seconds)?: WallTime.offsetText(seconds, separator: ":")
            default: "UTC"
            }
        return try TemporalMapper(
            period, zone: try zone(zoneName),
            inputFormat: arguments["input_format"]?.stringValue ?? TemporalMapper.defaultInputFormat,
            outputFormat: arguments["output_format"]?.stringValue)
    }

    /// `nil` where one of them needs Python.
    private func mappers(_ arguments: JSONValue) throws -> [PartitionMapper]? {
        guard let encoded = arguments["mappers"]?.arrayValue else { throw Self.malformed(arguments, "mappers") }
        let mappers = try encoded.map(mapper)
        return mappers.contains { $0.needsPython } ? nil : mappers
    }

    private func rollup(_ arguments: JSONValue) throws -> PartitionMapper.Kind? {
        let upstream = try mapper(arguments["upstream_mapper"] ?? .null)
        guard !upstream.needsPython, let window = try window(arguments["window"] ?? .null),
            let policy = try policy(arguments["wait_policy"] ?? .null)
        else { return nil }
        guard upstream.countsDates == window.countsDates else {
            throw PartitionError("a window of \(window.countsDates ? "dates" : "keys") needs an upstream mapper of such")
        }
        return .rollup(upstream, window, policy)
    }

    private func fanOut(_ arguments: JSONValue) throws -> PartitionMapper.Kind? {
        let upstream = try mapper(arguments["upstream_mapper"] ?? .null)
        let downstream = try mapper(arguments["downstream_mapper"] ?? .null)
        guard !upstream.needsPython, !downstream.needsPython, let window = try window(arguments["window"] ?? .null) else {
            return nil
        }
        return .fanOut(upstream, window, downstream)
    }

    private func window(_ encoded: JSONValue) throws -> PartitionWindow? {
        guard let path = encoded["__type"]?.stringValue else { throw Self.malformed(encoded, "a window") }
        guard let name = Self.stock(path) else { return nil }
        let arguments = encoded["__var"] ?? [:]
        if name == "SegmentWindow" {
            guard let keys = arguments["segments"]?.arrayValue else { throw Self.malformed(encoded, "segments") }
            return .segments(Set(keys.compactMap(\.stringValue)))
        }
        return PartitionWindow.Period(rawValue: name).map {
            .period($0, isBackward: arguments["direction"]?.stringValue == "backward")
        }
    }

    private func policy(_ encoded: JSONValue) throws -> WaitPolicy? {
        guard let path = encoded["__type"]?.stringValue else { throw Self.malformed(encoded, "a wait policy") }
        switch Self.stock(path) {
        case "WaitForAll": return .all
        case "MinimumCount":
            guard let count = encoded["__var"]?["n"]?.intValue, count != 0 else {
                throw Self.malformed(encoded, "a count other than 0")
            }
            return .minimum(count)
        default: return nil
        }
    }

    /// The class name of one of Airflow's own.
    private static func stock(_ path: String) -> String? {
        guard modules.contains(where: path.hasPrefix) else { return nil }
        return path.split(separator: ".").last.map(String.init)
    }

    private static func malformed(_ found: JSONValue, _ expected: String) -> PartitionError {
        PartitionError("expected \(expected), found \(found.serialized().prefix(120))")
    }
}
