/// What the state machine needs to know of a task's place in its DAG. Neighbours are positions in ``DAG/tasks``.
struct PlannedTask: Sendable {
    let position: Int
    let upstream: [Int32]
    let downstream: [Int32]
    /// `priority_weight` with those of its relatives, as its weight rule says.
    let weight: Int
    /// Setups further up that must have succeeded although no edge leads from them to here.
    var indirectSetups: [Int32] = []
    /// For a teardown: the tasks between its setups and itself.
    var teardownScope: [Int32] = []
    /// Tasks beside ``downstream`` that look at this one's state: its indirect dependents.
    var alsoWakes: [Int32] = []
    /// Mapped groups around it, innermost first, as indexes into ``DAGPlan/groups``.
    var mappedGroups: [Int32] = []
    /// Tasks whose results decide how often this one is mapped, by its own input or else by the innermost mapped group.
    var mapDependencies: [Int32] = []
    /// The same for its own input and all mapped groups around it.
    var expansionDependencies: [Int32] = []
    /// Upstream branches and short circuits.
    var skippers: [Int32] = []
    /// A task or group is mapped over this task's result.
    var isMapSource = false
    /// Mapped, or within a mapped group: instances exist by map index.
    var needsExpansion = false
    /// Its trigger rule alone decides, and says the same for all its instances.
    var isJudgedAtOnce = false
    /// Some direct upstream task has instances by map index, so that instances are counted instead of tasks.
    var upstreamNeedsExpansion = false

    /// Instances differ in the upstream instances that they look at.
    var looksByInstance: Bool { !mappedGroups.isEmpty }
}

/// A mapped task group: what it is expanded over, and the tasks which that needs.
struct PlannedGroup: Sendable {
    let id: String
    let expandInput: ExpandInput
    let dependencies: [Int32]
}
