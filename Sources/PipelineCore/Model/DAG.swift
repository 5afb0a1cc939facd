/// A DAG as the scheduler sees it: the decoded form of one version. It never changes once built.
package final class DAG: Sendable {
    /// Everything but the tasks.
    package let header: DAGHeader
    /// In the order of the file.
    package let tasks: [TaskDefinition]
    package let rootGroup: TaskGroup
    private let positions: [String: Int]

    /// - Throws: ``DAGError`` when a task id appears twice, an edge names an unknown task, or the tasks form a cycle.
    package init(header: DAGHeader, tasks: consuming [TaskDefinition], rootGroup: TaskGroup) throws(DAGError) {
        self.header = header
        self.rootGroup = rootGroup
        let positions = try Self.positions(tasks, dagID: header.id)
        self.positions = positions
        try Self.link(&tasks, positions: positions, dagID: header.id)
        self.tasks = tasks
        if let cycle = DirectedGraph(self.tasks).cycle() {
            throw DAGError(dagID: header.id, message: "cycle in the tasks: \(cycle.joined(separator: " -> "))")
        }
    }

    package var id: String { header.id }

    package subscript(taskID: String) -> TaskDefinition? { positions[taskID].map { tasks[$0] } }

    /// Position of a task in ``tasks``.
    package func position(of taskID: String) -> Int? { positions[taskID] }

    private static func positions(_ tasks: [TaskDefinition], dagID: String) throws(DAGError) -> [String: Int] {
        var positions: [String: Int] = [:]
        for (index, task) in tasks.enumerated() {
            guard positions.updateValue(index, forKey: task.id) == nil else {
                throw DAGError(dagID: dagID, message: "task_id '\(task.id)' is defined twice")
            }
        }
        return positions
    }

    /// Rebuilds the upstream side, in place: a DAG may have tens of thousands of tasks.
    private static func link(
        _ tasks: inout [TaskDefinition], positions: [String: Int], dagID: String
    ) throws(DAGError) {
        for index in tasks.indices { tasks[index].upstream = [] }
        for index in tasks.indices {
            let id = tasks[index].id
            for downstream in tasks[index].downstream {
                guard let position = positions[downstream] else {
                    throw DAGError(dagID: dagID, message: "task '\(id)' is upstream of unknown task '\(downstream)'")
                }
                tasks[position].upstream.append(id)
            }
        }
        for index in tasks.indices {
            tasks[index].upstream.sort()
            tasks[index].downstream.sort()
        }
    }
}

/// A DAG that cannot be: names the DAG and what is wrong with its graph.
package struct DAGError: Error, Hashable, CustomStringConvertible {
    package var dagID: String
    package var message: String

    package init(dagID: String, message: String) {
        self.dagID = dagID
        self.message = message
    }

    package var description: String { "DAG '\(dagID)': \(message)" }
}
