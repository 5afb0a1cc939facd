extension PartitionMapper {
    /// What a target key waits for from one asset; `nil`: any one event (`is_rollup` is false).
    /// - Throws: ``PartitionError`` for a key that cannot be read back.
    package func requirement(for target: String) throws(PartitionError) -> PartitionRequirement? {
        guard case .rollup(let upstream, let window, let policy) = kind else { return nil }
        var expected: Set<String> = []
        for member in try window.members(of: try upstream.decoded(target)) {
            expected.insert(try upstream.encoded(member))
        }
        return PartitionRequirement(expected: expected, policy: policy)
    }

    /// `decode_downstream`.
    func decoded(_ target: String) throws(PartitionError) -> PartitionItem {
        switch kind {
        case .temporal(let mapper): .date(try mapper.decoded(target))
        case .python: throw Self.notHere
        default: .text(target)
        }
    }

    /// `encode_upstream`.
    private func encoded(_ item: PartitionItem) throws(PartitionError) -> String {
        switch (kind, item) {
        case (.temporal(let mapper), .date(let date)): try mapper.encoded(date)
        case (.temporal, .text(let text)): throw PartitionError("'\(text)' is no date")
        case (_, .text(let text)): text
        case (_, .date(let date)): throw PartitionError("\(date.isoText) is a date, but the mapper counts in texts")
        }
    }

    /// Whether its targets are read back as dates: a rollup's window must count in the same.
    var countsDates: Bool { if case .temporal = kind { true } else { false } }

    /// The instant at which the partition of a target key begins (`to_partition_date`); `nil` where the key names none.
    /// - Throws: ``PartitionError`` for a key that cannot be read.
    package func date(of target: String) throws(PartitionError) -> Timestamp? {
        switch kind {
        case .temporal(let mapper): return try mapper.date(of: target)
        case .rollup(let upstream, _, _): return try upstream.date(of: target)
        case .fanOut(_, _, let downstream): return try downstream.date(of: target)
        case .chain(let mappers): return try mappers.last?.date(of: target)
        case .product(let mappers, let delimiter): return try Self.date(of: target, mappers, delimiter)
        case .identity, .allowedKeys, .fixedKey: return nil
        case .python: throw Self.notHere
        }
    }

    /// The date of the one part that has a date.
    private static func date(
        of target: String, _ mappers: [PartitionMapper], _ delimiter: String
    ) throws(PartitionError) -> Timestamp? {
        let segments = target.separated(by: delimiter)
        guard segments.count == mappers.count else { return nil }
        var dates: [Timestamp] = []
        for (mapper, segment) in zip(mappers, segments) {
            if let date = try mapper.date(of: segment) { dates.append(date) }
        }
        return dates.count == 1 ? dates[0] : nil
    }

    /// Whether the date of the producing run is the partition's own (`carry_partition_date`): the key is the same.
    package var carriesDate: Bool { kind == .identity }
}

/// What a partition of a DAG waits for from one asset.
package struct PartitionRequirement: Sendable, Hashable {
    package var expected: Set<String>
    package var policy: WaitPolicy

    package init(expected: Set<String>, policy: WaitPolicy) {
        self.expected = expected
        self.policy = policy
    }

    package func isSatisfied(by arrived: Set<String>) -> Bool {
        !policy.isUnreachable(expected: expected.count) && policy.isSatisfied(arrived: arrived, expected: expected)
    }
}
