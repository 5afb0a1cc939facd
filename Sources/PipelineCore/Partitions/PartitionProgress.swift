/// How far a pending partition is, asset by asset: what the planner decides by, and what people are shown.
package struct PartitionProgress: Sendable {
    /// One asset that has had an event for the partition.
    package struct Part: Sendable, Hashable {
        package var asset: AssetKey
        package var arrived: Set<String>
        /// `nil`: any one event is enough.
        package var requirement: PartitionRequirement?
        package var isSatisfied: Bool
    }

    package let target: PartitionTarget
    /// By asset.
    package private(set) var parts: [Part] = []
    /// What is wrong, for people.
    package private(set) var notes: [String] = []
    private let state: PendingState

    package init(
        _ row: PendingPartition, _ arrivals: [PartitionArrival], _ schedule: PartitionedSchedule,
        isActive: (AssetKey) -> Bool
    ) {
        var state = PendingState(row, order: 0)
        for arrival in arrivals { state.take(arrival) }
        self.init(state, schedule, isActive: isActive)
    }

    /// Events of assets that are not active do not count for the time being.
    init(_ state: PendingState, _ schedule: PartitionedSchedule, isActive: (AssetKey) -> Bool) {
        self.state = state
        target = state.row.target
        for (asset, arrived) in state.arrived.sorted(by: { $0.key < $1.key }) where isActive(asset) {
            parts.append(part(asset, arrived, schedule.mapper(for: asset)))
        }
    }

    package var satisfied: Set<AssetKey> { Set(parts.filter(\.isSatisfied).map(\.asset)) }

    private mutating func part(_ asset: AssetKey, _ arrived: PendingState.Arrived, _ mapper: PartitionMapper) -> Part {
        var part = Part(asset: asset, arrived: arrived.keys, requirement: nil, isSatisfied: true)
        do {
            part.requirement = mapper.needsPython
                ? arrived.answer?.requirement : try mapper.requirement(for: target.key)
        } catch {
            part.isSatisfied = false
            notes.append(
                "DAG \(target.dagID): what partition '\(target.key)' needs of asset \(asset) cannot be worked out: \(error)")
        }
        guard let requirement = part.requirement else { return part }
        part.isSatisfied = requirement.isSatisfied(by: arrived.keys)
        if requirement.policy.isUnreachable(expected: requirement.expected.count) {
            let threshold = requirement.policy.threshold(expected: requirement.expected.count)
            notes.append(
                "DAG \(target.dagID): asset \(asset) can never satisfy its wait policy: it needs \(threshold) keys of "
                    + "\(requirement.expected.count)")
        }
        return part
    }

    /// The date of the partition's run, and what is wrong with it if there is none for that reason. Source: Airflow 3.3
    /// `_resolve_partition_date`.
    package func date(_ schedule: PartitionedSchedule) -> (Timestamp?, note: String?) {
        var dates: Set<Timestamp> = []
        do {
            for part in parts {
                let mapper = schedule.mapper(for: part.asset)
                let date = mapper.needsPython
                    ? state.arrived[part.asset]?.answer?.date : try mapper.date(of: target.key)
                if let date { dates.insert(date) }
            }
        } catch {
            return (nil, "DAG \(target.dagID): the date of partition '\(target.key)' cannot be worked out: \(error)")
        }
        if dates.count > 1 {
            let texts = dates.sorted().map(\.apiFormat).joined(separator: ", ")
            return (nil, "DAG \(target.dagID): the assets of partition '\(target.key)' disagree on its date: \(texts)")
        }
        return (dates.first ?? state.row.date, nil)
    }
}
