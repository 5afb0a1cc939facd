/// One durable change of what waits to become a run of a partition.
package enum PartitionChange: Sendable, Hashable {
    /// Inserts the partition, or gives the one that is there the date.
    case save(PendingPartition)
    /// An event counts for a pending partition; one that counts already stays.
    case arrive(PartitionArrival)
    /// Links a run to the events that count for the partition, as they are at this place among the changes.
    case consume(run: RunKey, PartitionTarget)
    /// The partition is pending no more: its rows go.
    case remove(PartitionTarget)
    /// A custom mapper is to be asked.
    case ask(PartitionQuestion)
    /// It has answered, or need not any more.
    case settle(PartitionQuestion)
}

/// What a custom mapper answered.
package enum PartitionAnswer: Sendable, Hashable {
    case targets(PartitionMapping)
    /// The mapper does not take the key.
    case refused(String)
    /// It could not be asked.
    case unavailable(String)
}

/// Where an event goes, by a custom mapper.
package struct PartitionMapping: Sendable, Hashable {
    package var targets: [(key: String, answer: CustomPartition)]
    /// Target keys that one event may have; `nil`: the installation's limit.
    package var maximumTargets: Int?
    /// The date that it takes over from the producing run.
    package var carriedDate: Timestamp?

    package init(
        targets: [(key: String, answer: CustomPartition)], maximumTargets: Int? = nil, carriedDate: Timestamp? = nil
    ) {
        self.targets = targets
        self.maximumTargets = maximumTargets
        self.carriedDate = carriedDate
    }

    package static func == (left: PartitionMapping, right: PartitionMapping) -> Bool {
        left.maximumTargets == right.maximumTargets && left.carriedDate == right.carriedDate
            && left.targets.elementsEqual(right.targets) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(maximumTargets)
        for target in targets { hasher.combine(target.key) }
    }
}
