/// Mapped tasks and groups: what decides how many instances a task has.
/// Source: Airflow 3.3 `serialization/definitions/taskgroup.py`, `mappedoperator.py`.
struct PlanMapping {
    private let dag: DAG
    private var groups: [PlannedGroup] = []
    /// Mapped groups around each task, innermost first.
    private var chains: [[Int32]]

    init(_ dag: DAG) {
        self.dag = dag
        chains = [[Int32]](repeating: [], count: dag.tasks.count)
        collect(dag.rootGroup, around: [])
    }

    /// Completes the tasks and returns the mapped groups.
    func apply(to tasks: inout [PlannedTask]) -> [PlannedGroup] {
        for position in tasks.indices {
            let own = dag.tasks[position].expandInput.map(dependencies) ?? []
            let chain = chains[position]
            tasks[position].mappedGroups = chain
            tasks[position].needsExpansion = dag.tasks[position].isMapped || !chain.isEmpty
            tasks[position].mapDependencies = dag.tasks[position].isMapped
                ? own : chain.first.map { groups[Int($0)].dependencies } ?? []
            tasks[position].expansionDependencies = own + chain.flatMap { groups[Int($0)].dependencies }
        }
        for position in tasks.indices { connect(position, &tasks) }
        return groups
    }

    private func connect(_ position: Int, _ tasks: inout [PlannedTask]) {
        tasks[position].upstreamNeedsExpansion = tasks[position].upstream.contains { tasks[Int($0)].needsExpansion }
        for source in tasks[position].expansionDependencies {
            tasks[Int(source)].isMapSource = true
            let known = tasks[Int(source)].downstream.contains(Int32(position))
                || tasks[Int(source)].alsoWakes.contains(Int32(position))
            if !known { tasks[Int(source)].alsoWakes.append(Int32(position)) }
        }
    }

    private mutating func collect(_ group: TaskGroup, around chain: [Int32]) {
        var chain = chain
        if let input = group.expandInput {
            groups.append(PlannedGroup(id: group.id ?? "", expandInput: input, dependencies: dependencies(input)))
            chain.insert(Int32(groups.count - 1), at: 0)
        }
        for child in group.children {
            switch child {
            case .task(let id): if let position = dag.position(of: id) { chains[position] = chain }
            case .group(let inner): collect(inner, around: chain)
            }
        }
    }

    private func dependencies(_ input: ExpandInput) -> [Int32] {
        let ids = Set(input.references.flatMap(\.taskIDs))
        return ids.compactMap { dag.position(of: $0).map(Int32.init) }.sorted()
    }
}
