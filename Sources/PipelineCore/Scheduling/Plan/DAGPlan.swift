/// The shape of a DAG in the form in which runs are scheduled: positions instead of ids, and everything that needs a
/// walk through the graph worked out once for all runs.
final class DAGPlan: Sendable {
    let dag: DAG
    let tasks: [PlannedTask]
    let groups: [PlannedGroup]
    /// Tasks that decide the run's state. Source: Airflow 3.3 `models/dagrun.py` (`_tis_for_dagrun_state`).
    let leaves: [Int32]
    /// Some task looks at the run before.
    let usesPast: Bool
    /// Some task has `max_active_tis_per_dag`.
    let limitsTasks: Bool

    init(_ dag: DAG) {
        self.dag = dag
        let edges = PlanEdges(dag)
        let weights = PlanWeights(dag, edges: edges).weights
        var tasks = dag.tasks.indices.map { position in
            PlannedTask(
                position: position, upstream: edges.upstream[position], downstream: edges.downstream[position],
                weight: weights[position])
        }
        groups = PlanMapping(dag).apply(to: &tasks)
        PlanSetups(dag, edges: edges).apply(to: &tasks)
        for position in tasks.indices {
            tasks[position].skippers = tasks[position].upstream.filter { dag.tasks[Int($0)].canSkipDownstream }
            tasks[position].isJudgedAtOnce = !tasks[position].looksByInstance && tasks[position].skippers.isEmpty
                && tasks[position].mapDependencies.isEmpty && tasks[position].indirectSetups.isEmpty
        }
        self.tasks = tasks
        leaves = Self.effectiveLeaves(dag, edges: edges)
        limitsTasks = dag.tasks.contains { $0.maxActiveTIsPerDag != nil }
        usesPast = dag.tasks.contains { $0.dependsOnPast || $0.waitForDownstream }
    }

    private static func effectiveLeaves(_ dag: DAG, edges: PlanEdges) -> [Int32] {
        func counts(_ task: TaskDefinition) -> Bool { !task.isTeardown || task.onFailureFailDagRun }
        let leaves = dag.tasks.indices.filter { position in
            counts(dag.tasks[position]) && !edges.downstream[position].contains { counts(dag.tasks[Int($0)]) }
        }
        let result = leaves.isEmpty ? dag.tasks.indices.filter { edges.downstream[$0].isEmpty } : leaves
        return result.map(Int32.init)
    }
}

/// The edges of a DAG by position, and an order in which every task stands before its successors.
struct PlanEdges {
    let upstream: [[Int32]]
    let downstream: [[Int32]]
    let order: [Int]

    init(_ dag: DAG) {
        let graph = DirectedGraph(dag.tasks)
        var upstream = [[Int32]](repeating: [], count: dag.tasks.count)
        for (position, successors) in graph.successors.enumerated() {
            for successor in successors { upstream[successor].append(Int32(position)) }
        }
        self.upstream = upstream
        downstream = graph.successors.map { $0.map(Int32.init) }
        guard let order = graph.topologicalOrder() else { preconditionFailure("DAG.init refuses cycles") }
        self.order = order
    }

    /// All positions reached from one, itself excluded.
    func relatives(of position: Int, upstream isUpstream: Bool) -> Set<Int32> {
        let edges = isUpstream ? upstream : downstream
        var seen: Set<Int32> = []
        var open = edges[position]
        while let next = open.popLast() {
            if seen.insert(next).inserted { open.append(contentsOf: edges[Int(next)]) }
        }
        return seen
    }
}
