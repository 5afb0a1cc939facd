/// A DAG as the scheduler sees it: the decoded form of one version. It never changes once built.
package final class DAG: Sendable {
    /// Everything but the tasks.
    package let header: DAGHeader
    /// In the order of the file.
    package let tasks: [TaskDefinition]
    package let rootGroup: TaskGroup
    private let positions: [String: Int]

    /// - Throws: ``DAGError`` when a task id appears twice, an edge names an unknown task, or the tasks form a cycle.
    package init(header: DAGHeader, tasks: [TaskDefinition], rootGroup: TaskGroup) throws(DAGError) {
        self.header = header
        self.rootGroup = rootGroup
        var positions: [String: Int] = [:]
        for (index, task) in tasks.enumerated() {
            guard positions.updateValue(index, forKey: task.id) == nil else {
                throw DAGError(dagID: header.id, message: "task_id '\(task.id)' is defined twice")
            }
        }
        self.positions = positions
        self.tasks = try Self.linked(tasks, positions: positions, dagID: header.id)
        if let cycle = DirectedGraph(self.tasks).cycle() {
            throw DAGError(dagID: header.id, message: "cycle in the tasks: \(cycle.joined(separator: " -> "))")
        }
    }

    package var id: String { header.id }

    package subscript(taskID: String) -> TaskDefinition? { positions[taskID].map { tasks[$0] } }

    /// Position of a task in ``tasks``.
    package func position(of taskID: String) -> Int? { positions[taskID] }

    private static func linked(
        _ tasks: [TaskDefinition], positions: [String: Int], dagID: String
    ) throws(DAGError) -> [TaskDefinition] {
        var result = tasks
        for index in result.indices { result[index].upstream = [] }
        for task in tasks {
            for downstream in task.downstream {
                guard let position = positions[downstream] else {
                    throw DAGError(dagID: dagID, message: "task '\(task.id)' is upstream of unknown task '\(downstream)'")
                }
                result[position].upstream.append(task.id)
            }
        }
        for index in result.indices {
            result[index].upstream.sort()
            result[index].downstream.sort()
        }
        return result
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
