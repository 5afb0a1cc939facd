/// What a ``PartitionPlanner`` knows of a pending partition.
struct PendingState: Sendable {
    /// The events of one asset that count.
    struct Arrived: Sendable {
        var keys: Set<String> = []
        /// What a custom mapper said last.
        var answer: CustomPartition?
    }

    var row: PendingPartition
    /// Older ones become runs first.
    let order: Int
    var arrived: [AssetKey: Arrived] = [:]
    /// The newest event: tells this partition from an earlier one of the same key.
    var last: AssetEventReference?

    init(_ row: PendingPartition, order: Int) {
        self.row = row
        self.order = order
    }

    mutating func take(_ arrival: PartitionArrival) {
        arrived[arrival.asset, default: Arrived()].keys.insert(arrival.sourceKey)
        if let answer = arrival.answer { arrived[arrival.asset]?.answer = answer }
        last = arrival.event
    }

    /// Takes over the date of a producing run: the first that there is, and none where two differ. Source: Airflow 3.3
    /// `assets/manager.py` (`_get_or_create_apdr`).
    mutating func adopt(_ date: Timestamp?) -> Bool {
        guard let date, row.date != date else { return false }
        row.date = row.date == nil ? date : nil
        return true
    }
}
