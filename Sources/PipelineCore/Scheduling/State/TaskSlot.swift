/// A task in a run: its instances and what is known of them and of its upstream tasks.
struct TaskSlot {
    /// The instance with map index -1, or -1 where there is none.
    var single: Int32 = -1
    /// Instances by map index; -1 marks a gap.
    var mapped: [Int32] = []
    /// Its own instances by state.
    var own = UpstreamCounts()
    /// The instances of all direct upstream tasks by state.
    var upstream = UpstreamCounts()
    /// Instances that wait for their dependencies.
    var pending: Int32 = 0
    /// Instances that count for `max_active_tis_per_dagrun`.
    var active: Int32 = 0
    /// Stands in the queue of tasks to evaluate.
    var isWoken = false

    var unfinished: Int32 { own.total - own.done }

    /// The instance of a map index.
    func instance(_ mapIndex: Int) -> Int? {
        let index = mapIndex < 0 ? single : mapIndex < mapped.count ? mapped[mapIndex] : -1
        return index < 0 ? nil : Int(index)
    }

    /// All instances, in the order of their map indexes.
    var instances: [Int] {
        (single < 0 ? [] : [Int(single)]) + mapped.lazy.filter { $0 >= 0 }.map(Int.init)
    }

    mutating func place(_ instance: Int, at mapIndex: Int) {
        guard mapIndex >= 0 else {
            single = Int32(instance)
            return
        }
        while mapped.count <= mapIndex { mapped.append(-1) }
        mapped[mapIndex] = Int32(instance)
    }
}
