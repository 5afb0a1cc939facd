package import PipelineCore

/// Writes DAGs for tests in a few words.
package struct DAGBuilder {
    package var header: DAGHeader
    private var tasks: [TaskDefinition] = []
    private var positions: [String: Int] = [:]
    private var group = TaskGroup(id: nil)

    package init(_ id: String = "dag") { header = DAGHeader(id: id) }

    /// Adds a task after others, which must be there already.
    package mutating func task(
        _ id: String, after upstream: [String] = [], _ configure: (inout TaskDefinition) -> Void = { _ in }
    ) {
        var task = TaskDefinition(id: id, operatorName: "BashOperator")
        configure(&task)
        positions[id] = tasks.count
        tasks.append(task)
        for name in upstream {
            guard let index = positions[name] else { preconditionFailure("no task \(name)") }
            tasks[index].downstream.append(id)
        }
    }

    /// Adds a task that ends in the scheduler.
    package mutating func empty(_ id: String, after upstream: [String] = []) {
        task(id, after: upstream) {
            $0.operatorName = "EmptyOperator"
            $0.isEmpty = true
        }
    }

    /// Puts tasks that are there already into a mapped group.
    package mutating func mappedGroup(_ id: String, over input: ExpandInput, tasks ids: [String]) {
        var inner = TaskGroup(id: id)
        inner.expandInput = input
        inner.children = ids.map { .task($0) }
        group.children.append(.group(inner))
        for index in tasks.indices where ids.contains(tasks[index].id) {
            tasks[index].groupIDs = [id]
            tasks[index].mappedGroupID = id
        }
    }

    package func build() throws -> DAG {
        var root = group
        let grouped = Set(root.taskIDs)
        root.children += tasks.filter { !grouped.contains($0.id) }.map { .task($0.id) }
        return try DAG(header: header, tasks: tasks, rootGroup: root)
    }
}

extension ExpandInput {
    /// `expand(x=task.output)`.
    package static func result(of taskID: String, _ name: String = "x") -> ExpandInput {
        .dictOfLists([Argument(name: name, source: .xcom(.plain(taskID: taskID, key: XCom.returnKey)))])
    }

    /// `expand(x=[...])`.
    package static func literal(_ count: Int, _ name: String = "x") -> ExpandInput {
        .dictOfLists([Argument(name: name, source: .literal(.array((0..<count).map { .int($0) })))])
    }
}
