/// The partition that a run works on. Source: Airflow 3.3 `DagRun.partition_key`, `DagRun.partition_date`.
package struct RunPartition: Sendable, Hashable {
    package var key: String
    /// The instant at which the partition begins; `nil` where the key names no time.
    package var date: Timestamp?

    package init(key: String, date: Timestamp?) {
        self.key = key
        self.date = date
    }

    /// Characters that a key may have (`ID_LEN`).
    package static let maximumLength = 250

    /// - Throws: ``PartitionError`` for a key that is empty or too long. Source: Airflow 3.3 `validate_partition_key`.
    package static func check(_ key: String) throws(PartitionError) {
        guard key.contains(where: { !$0.isWhitespace }) else {
            throw PartitionError("a partition key must not be empty or whitespace only")
        }
        guard key.unicodeScalars.count <= maximumLength else {
            throw PartitionError(
                "a partition key has at most \(maximumLength) characters, this one \(key.unicodeScalars.count)")
        }
    }
}

extension DAGRun {
    /// Key and date together; `nil` for a run without a partition.
    package var partition: RunPartition? {
        get { partitionKey.map { RunPartition(key: $0, date: partitionDate) } }
        set { (partitionKey, partitionDate) = (newValue?.key, newValue?.date) }
    }
}
