/// Which partitions of a DAG an event of a partition is for, and which events a partition waits for. Source: Airflow 3.3
/// `partition_mappers/`.
package struct PartitionMapper: Sendable, Hashable {
    package indirect enum Kind: Sendable, Hashable {
        case identity
        /// Other keys are refused.
        case allowedKeys([String])
        case fixedKey(String)
        case temporal(TemporalMapper)
        /// One mapper for each part of the key.
        case product([PartitionMapper], delimiter: String)
        /// One after the other.
        case chain([PartitionMapper])
        /// Many keys make one.
        case rollup(PartitionMapper, PartitionWindow, WaitPolicy)
        /// One key makes many.
        case fanOut(PartitionMapper, PartitionWindow, PartitionMapper)
        /// A class that is not Airflow's own, or one that has such a part: only Python can evaluate it.
        case python
    }

    package var kind: Kind
    /// Target keys that one event may have; `nil`: the installation's limit.
    package var maximumTargets: Int?

    package init(_ kind: Kind, maximumTargets: Int? = nil) {
        self.kind = kind
        self.maximumTargets = maximumTargets
    }

    package static let identity = PartitionMapper(.identity)

    package var needsPython: Bool { kind == .python }

    /// The target keys of an upstream key (`to_downstream`).
    /// - Throws: ``PartitionError`` for a key that the mapper does not take.
    package func targets(of key: String) throws(PartitionError) -> PartitionTargets {
        switch kind {
        case .identity: return .one(key)
        case .allowedKeys(let allowed):
            guard allowed.contains(key) else { throw PartitionError("Key '\(key)' not in allowed keys \(allowed)") }
            return .one(key)
        case .fixedKey(let target): return .one(target)
        case .temporal(let mapper): return .one(try mapper.target(of: key))
        case .product(let mappers, let delimiter): return .one(try Self.product(key, mappers, delimiter))
        case .chain(let mappers): return try Self.chain(key, mappers)
        case .rollup(let upstream, _, _): return try upstream.targets(of: key)
        case .fanOut(let upstream, let window, let downstream):
            return .several(try Self.fanOut(key, upstream, window, downstream))
        case .python: throw Self.notHere
        }
    }

    static let notHere = PartitionError("a custom partition mapper is evaluated by Python")

    private static func product(
        _ key: String, _ mappers: [PartitionMapper], _ delimiter: String
    ) throws(PartitionError) -> String {
        let segments = key.separated(by: delimiter)
        guard segments.count == mappers.count else {
            throw PartitionError("Expected \(mappers.count) segments in key, got \(segments.count)")
        }
        var results: [String] = []
        for (mapper, segment) in zip(mappers, segments) {
            guard case .one(let result) = try mapper.targets(of: segment) else {
                throw PartitionError("a mapper of a ProductMapper must return a single key")
            }
            results.append(result)
        }
        return results.joined(separator: delimiter)
    }

    private static func chain(_ key: String, _ mappers: [PartitionMapper]) throws(PartitionError) -> PartitionTargets {
        var keys = [key]
        for mapper in mappers {
            var next: [String] = []
            for key in keys { next += try mapper.targets(of: key).keys }
            keys = next
        }
        return keys.count == 1 ? .one(keys[0]) : .several(keys)
    }

    private static func fanOut(
        _ key: String, _ upstream: PartitionMapper, _ window: PartitionWindow, _ downstream: PartitionMapper
    ) throws(PartitionError) -> [String] {
        guard case .one(let coarse) = try upstream.targets(of: key) else {
            throw PartitionError("the upstream mapper of a FanOutMapper must return a single key")
        }
        var keys: [String] = []
        for member in try window.members(of: try upstream.decoded(coarse)) {
            keys.append(try downstream.formatted(member))
        }
        return keys
    }

    /// A member of a period as a target key of this mapper.
    private func formatted(_ member: PartitionItem) throws(PartitionError) -> String {
        switch (kind, member) {
        case (.temporal(let mapper), .date(let date)): return try mapper.text(date)
        case (.temporal, .text(let text)): throw PartitionError("'\(text)' is no date")
        case (_, .date(let date)): return date.isoText
        case (_, .text(let text)): return text
        }
    }
}

extension String {
    /// Python's `split` with a delimiter.
    func separated(by delimiter: String) -> [String] {
        guard !delimiter.isEmpty else { return [self] }
        var parts: [String] = []
        var rest = self[...]
        while let found = rest.firstRange(of: delimiter) {
            parts.append(String(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        return parts + [String(rest)]
    }
}
