/// A pool and what it holds. Both counts are functions of the instances' states, kept up to date where a state changes.
struct PoolUse {
    let name: String
    /// `nil` for a pool that tasks name and that does not exist.
    var pool: Pool?
    /// Slots of instances with a process.
    var occupied = 0
    /// Slots of deferred instances.
    var deferred = 0

    /// Slots that are taken, by the pool's own rule.
    var taken: Int { occupied + (pool?.includeDeferred == true ? deferred : 0) }
}
