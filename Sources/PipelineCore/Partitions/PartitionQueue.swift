/// A partition of a DAG.
package struct PartitionTarget: Sendable, Hashable, Comparable {
    package var dagID: String
    package var key: String

    package init(dagID: String, key: String) {
        self.dagID = dagID
        self.key = key
    }

    package static func < (left: PartitionTarget, right: PartitionTarget) -> Bool {
        (left.dagID, left.key) < (right.dagID, right.key)
    }
}

/// A partition that has had an event and no run yet: a row of `asset_partition_dag_run`.
package struct PendingPartition: Sendable, Hashable {
    package var target: PartitionTarget
    /// The date that a producing run had for the same key.
    package var date: Timestamp?
    /// ``PartitionedSchedule/fingerprint`` as it was.
    package var fingerprint: String
    package var createdAt: Timestamp

    package init(target: PartitionTarget, date: Timestamp?, fingerprint: String, createdAt: Timestamp) {
        self.target = target
        self.date = date
        self.fingerprint = fingerprint
        self.createdAt = createdAt
    }
}

/// Which event, before its row has a number or after.
package enum AssetEventReference: Sendable, Hashable {
    case id(Int)
    /// One of the events that a task has caused at an instant, by its place among them.
    case task(TaskInstanceKey, at: Timestamp, ordinal: Int)
}

/// An event that counts for a partition: a row of `partitioned_asset_key_log`.
package struct PartitionArrival: Sendable, Hashable {
    package var target: PartitionTarget
    package var asset: AssetKey
    package var event: AssetEventReference
    /// The key of the event.
    package var sourceKey: String
    /// What a custom mapper said of the target; `nil` where Airflow's own mapper says it.
    package var answer: CustomPartition?

    package init(
        target: PartitionTarget, asset: AssetKey, event: AssetEventReference, sourceKey: String,
        answer: CustomPartition? = nil
    ) {
        self.target = target
        self.asset = asset
        self.event = event
        self.sourceKey = sourceKey
        self.answer = answer
    }
}

/// What a custom mapper says of one target key.
package struct CustomPartition: Sendable, Hashable {
    /// What the target waits for; `nil`: any one event.
    package var requirement: PartitionRequirement?
    package var date: Timestamp?

    package init(requirement: PartitionRequirement?, date: Timestamp?) {
        self.requirement = requirement
        self.date = date
    }
}

/// An event whose targets a custom mapper has yet to name: a row of `partition_mapping_question`.
package struct PartitionQuestion: Sendable, Hashable {
    package var dagID: String
    package var asset: AssetKey
    package var event: AssetEventReference
    package var sourceKey: String
    /// The date of the producing run, where its key is the event's.
    package var sourceDate: Timestamp?
    package var fingerprint: String
    package var at: Timestamp

    package init(
        dagID: String, asset: AssetKey, event: AssetEventReference, sourceKey: String, sourceDate: Timestamp?,
        fingerprint: String, at: Timestamp
    ) {
        self.dagID = dagID
        self.asset = asset
        self.event = event
        self.sourceKey = sourceKey
        self.sourceDate = sourceDate
        self.fingerprint = fingerprint
        self.at = at
    }
}

/// All that a ``PartitionPlanner`` needs of the store at a start.
package struct PartitionQueue: Sendable, Hashable {
    /// Oldest first.
    package var pending: [PendingPartition] = []
    /// By target, then event.
    package var arrivals: [PartitionArrival] = []
    /// Oldest first.
    package var questions: [PartitionQuestion] = []

    package init() {}
}
