/// Scheduled instances of a run that ask for the same slots: if the first of them does not fit, none does.
struct AdmissionBucket {
    struct Key: Hashable {
        var pool: Int32
        var slots: Int
        /// The task, where its instances have a limit of their own; else -1.
        var limitedPosition: Int32
    }

    struct Entry: Comparable {
        var priority: Int
        var mapIndex: Int
        var position: Int32
        var instance: Int32
        var generation: UInt32

        static func < (left: Entry, right: Entry) -> Bool {
            (right.priority, left.mapIndex, left.position) < (left.priority, right.mapIndex, right.position)
        }
    }

    let key: Key
    var entries = BinaryHeap<Entry>()
}
