import PipelineCore

/// I4 and I5: a success is what a process of that very try, its trigger or a person said; a failure is that too, or the loss
/// of more launches than are repeated, a deadline, or `fail_fast`. A resume follows from the word of the trigger that the try
/// waits for.
enum EvidenceCheck {
    static func problems(_ save: TaskSave, _ dag: DAG, _ evidence: Evidence) -> [String] {
        success(save, dag, evidence) + failure(save, dag, evidence) + resume(save, evidence) + loss(save, evidence)
    }

    private static func success(_ save: TaskSave, _ dag: DAG, _ evidence: Evidence) -> [String] {
        let task = save.new
        guard becomes(.success, save), dag[task.taskID]?.isEmpty != true else { return [] }
        let isKnown = evidence.successes.contains(task.id) || evidence.touched.contains(task.key)
        return isKnown ? [] : ["I4: task \(task.key) (try \(task.tryNumber)) is a success that nothing has reported"]
    }

    private static func failure(_ save: TaskSave, _ dag: DAG, _ evidence: Evidence) -> [String] {
        let task = save.new
        guard becomes(.failed, save), !dag.header.failFast else { return [] }
        let isKnown = evidence.failures.contains(task.id) || evidence.touched.contains(task.key)
            || evidence.touchedRuns.contains(task.key.run)
            || (evidence.losses[task.id] ?? 0) > SchedulerLimits().maximumLosses
        return isKnown
            ? [] : ["I5: task \(task.key) (try \(task.tryNumber)) failed without a report, a person or a deadline: \(task.reason ?? "")"]
    }

    private static func becomes(_ state: TaskState, _ save: TaskSave) -> Bool {
        guard save.new.state == state, save.wasArchived?.state != state else { return false }
        return save.old?.id != save.new.id || save.old?.state != state
    }

    private static func resume(_ save: TaskSave, _ evidence: Evidence) -> [String] {
        let (new, old) = (save.new, save.old)
        guard !save.isArchived, let old, old.id == new.id, old.state == .deferred,
            new.state == .scheduled || new.state == .queued, new.nextMethod != "__fail__", TimeTrigger(old) == nil
        else { return [] }
        let launch = LaunchID(tryID: old.id, number: old.launchNumber)
        return evidence.fired.contains(launch)
            ? [] : ["I4: task \(new.key) goes on, but the trigger of its launch \(old.launchNumber) has said nothing"]
    }

    /// A launch is repeated only when it is known to be gone.
    private static func loss(_ save: TaskSave, _ evidence: Evidence) -> [String] {
        let (new, old) = (save.new, save.old)
        guard !save.isArchived, let old, old.id == new.id, new.lossCount > old.lossCount,
            new.lossCount > evidence.losses[new.id] ?? 0
        else { return [] }
        return ["I5: task \(new.key) counts \(new.lossCount) lost launches, but \(evidence.losses[new.id] ?? 0) were"]
    }
}
