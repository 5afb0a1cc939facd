import PipelineCore

/// I3: a try moves along ``StateGraph``; what is final or archived does not change; another try of an instance comes only
/// when the one before is over.
enum TaskStateCheck {
    static func problems(_ save: TaskSave) -> [String] {
        let (new, old) = (save.new, save.old)
        var found: [String] = []
        if new.isFinished != (new.endDate != nil) { found.append("I3: the end_date of task \(name(new))") }
        if save.isArchived, !new.isFinished { found.append("I3: task \(name(new)) is archived and not over") }
        if let archived = save.wasArchived, !save.isArchived || archived.state != new.state {
            found.append("I3: task \(name(new)) is in the history as \(StateGraph.name(archived.state)) already")
        }
        guard let old else { return found }
        if old.id == new.id {
            for (before, after) in zip([old.state] + save.steps, save.steps) where !StateGraph.allows(before, after) {
                found.append("I3: task \(name(new)) was \(StateGraph.name(before)) before it became \(StateGraph.name(after))")
            }
            if new.launchNumber < old.launchNumber { found.append("I3: launch \(old.launchNumber) of task \(name(new)) is forgotten") }
        } else if !(old.state == nil || old.state == .upForRetry) {
            found.append("I3: task \(name(new)) replaces a try that is \(StateGraph.name(old.state)) and not archived")
        }
        return found
    }

    private static func name(_ task: TaskInstance) -> String {
        "\(task.key) (try \(task.tryNumber)) that becomes \(StateGraph.name(task.state))"
    }
}

/// I3 of runs: queued, running, over; only a clear brings one back.
enum RunStateCheck {
    static func problems(_ save: RunSave) -> [String] {
        let (new, old) = (save.new, save.old)
        var found: [String] = []
        if new.state.isFinished != (new.endDate != nil) { found.append("I3: the end_date of run \(new.key), which is \(new.state.rawValue)") }
        guard let old, old.state != new.state else { return found }
        let isAllowed =
            switch (old.state, new.state) {
            // A run that has nothing to do starts and ends in one turn.
            case (.queued, _), (.running, .success), (.running, .failed): true
            default: new.clearNumber > old.clearNumber
            }
        if !isAllowed { found.append("I3: run \(new.key) was \(old.state.rawValue) and becomes \(new.state.rawValue)") }
        return found
    }
}
