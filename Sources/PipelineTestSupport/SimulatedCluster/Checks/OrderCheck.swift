import PipelineCore

/// I6: a task starts only when the store shows that its rule holds: see ``RuleOracle``.
enum OrderCheck {
    /// - Parameters:
    ///   - tasks: the run's rows after the commit.
    ///   - changes: the commit. A person may have changed tasks upstream in it after this one had started.
    static func problems(
        _ save: TaskSave, _ dag: DAG, _ tasks: [UUID7: TaskInstance], before: [UUID7: TaskInstance], _ changes: [StoreChange]
    ) -> [String] {
        if mayStart(save, dag, tasks) || mayStart(save, dag, rows(before, with: changes, until: save)) { return [] }
        return ["I6: task \(save.new.key) becomes \(StateGraph.name(save.new.state)) before its rule holds"]
    }

    private static func mayStart(_ save: TaskSave, _ dag: DAG, _ tasks: [UUID7: TaskInstance]) -> Bool {
        RuleOracle(dag, Dictionary(tasks.values.map { ($0.key, $0) }) { $1 }).mayStart(save.new)
    }

    /// The run's rows when the task began.
    private static func rows(
        _ before: [UUID7: TaskInstance], with changes: [StoreChange], until save: TaskSave
    ) -> [UUID7: TaskInstance] {
        var rows = before
        for change in changes {
            switch change {
            case .archiveTask(let task): rows[task.id] = nil
            case .saveTask(let task) where task.key.run == save.new.key.run:
                if let other = rows.first(where: { $0.value.key == task.key }) { rows[other.key] = nil }
                rows[task.id] = task
                if task.id == save.new.id, task.state == save.new.state { return rows }
            default: break
            }
        }
        return rows
    }
}
