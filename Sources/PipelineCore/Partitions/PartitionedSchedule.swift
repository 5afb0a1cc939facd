/// The schedule of a DAG that gets a run for each partition of its assets, ready to be evaluated.
/// Source: Airflow 3.3 `timetables/simple.py` (`PartitionedAssetTimetable`).
package struct PartitionedSchedule: Sendable, Hashable {
    package let condition: AssetCondition
    private let byName: [String: PartitionMapper]
    private let byURI: [String: PartitionMapper]
    private let standard: PartitionMapper
    /// What says whether pending partitions still mean the same (`compute_rollup_fingerprint`): the mapper of everything
    /// that the condition names.
    package let fingerprint: String

    /// - Throws: ``PartitionError``, ``ZoneError``.
    package init(_ definition: PartitionedAssetDefinition, _ factory: PartitionMapperFactory) throws {
        guard let condition = AssetCondition(definition.condition) else {
            throw PartitionError("expected an asset condition, found \(definition.condition.serialized().prefix(120))")
        }
        var (names, uris): ([String: JSONValue], [String: JSONValue]) = ([:], [:])
        for mapping in definition.mappings {
            for leaf in AssetCondition(mapping.asset)?.leaves ?? [] {
                switch leaf {
                case .asset(let asset): (names[asset.name], uris[asset.uri]) = (mapping.mapper, mapping.mapper)
                case .reference(let name?, _): names[name] = mapping.mapper
                case .reference(nil, let uri?): uris[uri] = mapping.mapper
                default: break
                }
            }
        }
        self.condition = condition
        byName = try names.mapValues(factory.mapper)
        byURI = try uris.mapValues(factory.mapper)
        standard = try factory.mapper(definition.defaultMapper)
        fingerprint = Self.fingerprint(condition, names, uris, definition.defaultMapper)
    }

    /// The mapper of an asset: by its name. As in Airflow a mapper that was given for a URI alone is not found so.
    package func mapper(for asset: AssetKey) -> PartitionMapper { byName[asset.name] ?? standard }

    /// The instant that a key stands for, where all that the condition names agree on one (`_decode_partition_date`).
    /// - Throws: ``PartitionError`` for a key that a mapper cannot read.
    package func date(of key: String) throws(PartitionError) -> Timestamp? {
        var dates: Set<Timestamp> = []
        for mapper in mappers {
            if let date = try mapper.date(of: key) { dates.insert(date) }
        }
        return dates.count == 1 ? dates.first : nil
    }

    /// Whether only Python can say which partitions an event is for.
    package var needsPython: Bool { mappers.contains { $0.needsPython } }

    private var mappers: [PartitionMapper] {
        condition.leaves.compactMap { leaf in
            switch leaf {
            case .asset(let asset): mapper(for: asset)
            case .reference(let name?, _): byName[name] ?? standard
            case .reference(nil, let uri?): byURI[uri] ?? standard
            default: nil
            }
        }
    }

    private static func fingerprint(
        _ condition: AssetCondition, _ names: [String: JSONValue], _ uris: [String: JSONValue], _ standard: JSONValue
    ) -> String {
        var entries: [String: JSONValue] = [:]
        for leaf in condition.leaves {
            switch leaf {
            case .asset(let asset): entries["\(asset.name)|\(asset.uri)"] = names[asset.name] ?? standard
            case .reference(let name?, _): entries["\(name)|"] = names[name] ?? standard
            case .reference(nil, let uri?): entries["|\(uri)"] = uris[uri] ?? standard
            default: break
            }
        }
        let sorted = entries.sorted { $0.key < $1.key }.map { JSONValue.array([.string($0.key), $0.value]) }
        return Base64URL.encode(SHA1.digest(JSONValue.array(sorted).serialized().utf8))
    }
}
