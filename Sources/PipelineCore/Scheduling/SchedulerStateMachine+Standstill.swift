extension SchedulerStateMachine {
    /// Checks that say no more than the state of the task does.
    private static let statesThemselves: Set<String> = [
        RetryPeriodCheck.name, ReschedulePeriodCheck.name, TriggerCheck.name,
    ]
    /// Instances that are looked at for the few that are told of.
    private static let maximumLookedAt = 100

    /// Why nothing of a run goes on although it is not over: for each task that could be next, the first check it fails.
    /// Empty while any process runs, since its end may change everything.
    package func standstill(of key: RunKey, now: Timestamp, limit: Int = 10) -> [TaskWait] {
        guard occupied == 0 else { return [] }
        var waits: [TaskWait] = []
        var isSomethingDue = false
        for instance in taskInstances(key).lazy.filter({ !$0.isFinished }).prefix(Self.maximumLookedAt) {
            guard let check = explain(instance.key, now: now).first(where: { !$0.passed }) else { continue }
            if Self.statesThemselves.contains(check.name) {
                isSomethingDue = true
            } else {
                waits.append(TaskWait(task: instance.key, check: check))
            }
        }
        // What waits for others says nothing about why those wait.
        let causes = waits.filter { $0.check.name != TriggerRuleCheck.name }
        return Array((causes.isEmpty && !isSomethingDue ? waits : causes).prefix(limit))
    }
}
