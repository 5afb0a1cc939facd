/// Another version of a DAG for a run, and what the run has to know anew with it.
package struct VersionChange: Sendable {
    package var pinned: PinnedDAG
    /// XComs of the run that decide expansions and skips: another version may map tasks over other results.
    package var xcoms: [(task: TaskInstanceKey, notice: XComNotice)]

    package init(to pinned: PinnedDAG, xcoms: [(task: TaskInstanceKey, notice: XComNotice)]) {
        self.pinned = pinned
        self.xcoms = xcoms
    }

    /// Live tries with a process whose task the version no longer has: as long as there are some, the run stays where it is.
    package func stranded(among instances: [TaskInstance]) -> [TaskInstance] {
        instances.filter { $0.state?.occupiesExecutor == true && pinned.dag[$0.taskID] == nil }
    }
}
