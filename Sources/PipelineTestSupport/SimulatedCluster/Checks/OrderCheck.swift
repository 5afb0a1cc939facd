import PipelineCore

/// I6: a task starts only when the store shows that its rule holds: see ``RuleOracle``.
enum OrderCheck {
    static func problems(_ save: TaskSave, _ dag: DAG, _ tasks: [UUID7: TaskInstance]) -> [String] {
        let rows = Dictionary(tasks.values.map { ($0.key, $0) }) { $1 }
        guard !RuleOracle(dag, rows).mayStart(save.new) else { return [] }
        return ["I6: task \(save.new.key) becomes \(StateGraph.name(save.new.state)) before its rule holds"]
    }
}
