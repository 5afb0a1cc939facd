/// A run's identity: unique in the store.
package struct RunKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var dagID: String
    package var runID: String

    package init(dagID: String, runID: String) {
        self.dagID = dagID
        self.runID = runID
    }

    package var description: String { "\(dagID)/\(runID)" }

    package static func < (left: RunKey, right: RunKey) -> Bool {
        (left.dagID, left.runID) < (right.dagID, right.runID)
    }
}

/// A task instance's identity across its tries. One try is a ``TaskInstance/id``.
package struct TaskInstanceKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The map index of a task that is not mapped, or not yet expanded.
    package static let unmapped = -1

    package var run: RunKey
    package var taskID: String
    package var mapIndex: Int

    package init(run: RunKey, taskID: String, mapIndex: Int = unmapped) {
        self.run = run
        self.taskID = taskID
        self.mapIndex = mapIndex
    }

    package var description: String { "\(run)/\(taskID)" + (mapIndex < 0 ? "" : "[\(mapIndex)]") }

    package static func < (left: TaskInstanceKey, right: TaskInstanceKey) -> Bool {
        (left.run, left.taskID, left.mapIndex) < (right.run, right.taskID, right.mapIndex)
    }
}
