import PipelineCore

/// I11: what a scheduler has decided is written under its own leadership, or not at all.
enum EpochCheck {
    static func problems(_ writer: Int64?, inForce epoch: Int64, _ changes: [StoreChange]) -> [String] {
        guard let writer, writer < epoch else { return [] }
        return ["I11: a scheduler of epoch \(writer) has changed rows in epoch \(epoch): \(changes.subjects.prefix(3).joined(separator: ", "))"]
    }
}

extension [StoreChange] {
    /// The runs and tasks that they are about.
    var subjects: [String] {
        compactMap { change in
            switch change {
            case .saveRun(let run): "run \(run.key) \(run.state.rawValue)"
            case .saveTask(let task): "task \(task.key) \(StateGraph.name(task.state)) \(task.tryNumber).\(task.launchNumber)"
            case .archiveTask(let task): "task \(task.key) archived \(StateGraph.name(task.state)) \(task.tryNumber)"
            default: nil
            }
        }
    }
}
