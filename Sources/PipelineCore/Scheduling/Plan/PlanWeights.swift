/// Effective priorities: own weight and that of all transitive relatives.
/// Source: Airflow 3.3 `task/priority_strategy.py`.
struct PlanWeights {
    let weights: [Int]

    init(_ dag: DAG, edges: PlanEdges) {
        let own = dag.tasks.map(\.priorityWeight)
        let rules = dag.tasks.map(\.weightRule)
        let below = rules.contains(.downstream)
            ? Reachability(edges: edges.downstream, order: edges.order.reversed()).sums(own) : []
        let above = rules.contains(.upstream)
            ? Reachability(edges: edges.upstream, order: edges.order).sums(own) : []
        weights = rules.enumerated().map { position, rule in
            switch rule {
            case .absolute: own[position]
            case .downstream: own[position] + below[position]
            case .upstream: own[position] + above[position]
            case .custom(_, let weight): weight
            }
        }
    }
}
