/// A task group of a DAG; the root group has no id. Source: Airflow 3.3 `sdk/definitions/taskgroup.py`.
package struct TaskGroup: Sendable, Hashable {
    /// The full id (`outer.inner`), `nil` for the root.
    package var id: String?
    package var displayName = ""
    package var tooltip = ""
    package var children: [Child] = []
    /// Set on a mapped group.
    package var expandInput: ExpandInput?

    package enum Child: Sendable, Hashable {
        case task(String)
        indirect case group(TaskGroup)
    }

    package init(id: String?) { self.id = id }

    package var isMapped: Bool { expandInput != nil }

    /// Ids of all tasks below this group, in order.
    package var taskIDs: [String] {
        children.flatMap { child in
            switch child {
            case .task(let id): [id]
            case .group(let group): group.taskIDs
            }
        }
    }
}
