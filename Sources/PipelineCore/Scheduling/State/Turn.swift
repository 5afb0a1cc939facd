/// The actions that one event has given so far.
struct Turn {
    /// Changes that stand before the rows of tasks: archived tries, removed XComs, pokes.
    var changes: [StoreChange] = []
    var dirtyRuns: [RunExecution] = []
    var dirtyInstances: [InstanceRef] = []
    var terminations: [(LaunchID, TerminationReason)] = []
    var launches: [InstanceRef] = []
    /// Runs that may be over, without a process.
    var endings: [RunExecution] = []
}
