/// Setups and teardowns: who waits for whom beyond the edges.
/// Source: Airflow 3.3 `_shared/dagnode/node.py`, `ti_deps/deps/trigger_rule_dep.py`.
struct PlanSetups {
    private let dag: DAG
    private let edges: PlanEdges
    private let setups: [Int]
    private let teardowns: [Int]

    init(_ dag: DAG, edges: PlanEdges) {
        self.dag = dag
        self.edges = edges
        setups = dag.tasks.indices.filter { dag.tasks[$0].isSetup }
        teardowns = dag.tasks.indices.filter { dag.tasks[$0].isTeardown }
    }

    func apply(to tasks: inout [PlannedTask]) {
        guard !setups.isEmpty else { return }
        applyIndirectSetups(to: &tasks)
        for teardown in teardowns {
            let scope = scope(of: teardown)
            tasks[teardown].teardownScope = scope
            for task in scope { tasks[Int(task)].alsoWakes.append(Int32(teardown)) }
        }
    }

    private func applyIndirectSetups(to tasks: inout [PlannedTask]) {
        let setupsAbove = Reachability(edges: edges.upstream, order: edges.order).reaching(setups)
        let teardownsBelow = Reachability(edges: edges.downstream, order: edges.order.reversed()).reaching(teardowns)
        for position in tasks.indices where !dag.tasks[position].isTeardown {
            let below = Set(teardownsBelow[position].map { Int32(teardowns[Int($0)]) })
            let relevant = setupsAbove[position].map { setups[Int($0)] }.filter { isRelevant($0, below) }
            let direct = Set(edges.upstream[position])
            tasks[position].indirectSetups = relevant.map(Int32.init).filter { !direct.contains($0) }
            for setup in tasks[position].indirectSetups { tasks[Int(setup)].alsoWakes.append(Int32(position)) }
        }
    }

    /// A setup matters to a task when one of its teardowns stands below the task, or when it has none at all.
    private func isRelevant(_ setup: Int, _ teardownsBelow: Set<Int32>) -> Bool {
        let own = edges.downstream[setup].filter { dag.tasks[Int($0)].isTeardown }
        return own.isEmpty || edges.downstream[setup].contains { teardownsBelow.contains($0) }
    }

    private func scope(of teardown: Int) -> [Int32] {
        let direct = Set(edges.upstream[teardown])
        let indirect = edges.relatives(of: teardown, upstream: true).subtracting(direct)
        let ownSetups = direct.filter { dag.tasks[Int($0)].isSetup }
        let below = ownSetups.reduce(into: Set<Int32>()) { result, setup in
            result.formUnion(edges.relatives(of: Int(setup), upstream: false))
        }
        return indirect.intersection(below).sorted()
    }
}
