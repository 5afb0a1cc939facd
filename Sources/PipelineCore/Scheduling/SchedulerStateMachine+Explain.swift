extension SchedulerStateMachine {
    /// Why an instance does not run yet: every check, in the order in which they matter. They are the very checks that
    /// schedule it. Empty for an instance that is not in the machine.
    package func explain(_ key: TaskInstanceKey, now: Timestamp) -> [CheckResult] {
        guard let run = runs[key.run], let index = run.instanceIndex(key.taskID, key.mapIndex) else { return [] }
        let ref = InstanceRef(run: run, index: index)
        return runResults(run, now) + dependencyResults(ref, now) + admissionResults(ref)
    }

    private func runResults(_ run: RunExecution, _ now: Timestamp) -> [CheckResult] {
        let dagID = run.run.key.dagID
        let check = RunCheck(
            state: run.run.state, runAfter: run.run.runAfter, limit: runLimit(run), now: now)
        return [
            check.result, PausedCheck(dagID: dagID, isPaused: pausedDAGs.contains(dagID)).result,
            LogicalDateCheck(logicalDate: run.run.logicalDate, now: now).result,
        ]
    }

    private func dependencyResults(_ ref: InstanceRef, _ now: Timestamp) -> [CheckResult] {
        let run = ref.run
        let task = run.instances[ref.index].task
        var results = [run.notPreviouslySkippedCheck(ref.index).result]
        if !run.plan.tasks[ref.position].mapDependencies.isEmpty {
            results.append(run.mappedUpstreamCheck(ref.position).result)
        }
        if var setups = run.setupCheck(ref.position, mapIndex: task.mapIndex) {
            setups.setupIDs = run.plan.tasks[ref.position].indirectSetups.map { run.plan.dag.tasks[Int($0)].id }
            results.append(setups.result)
        }
        results.append(run.triggerRuleCheck(ref.position, mapIndex: task.mapIndex).result)
        if let scope = run.teardownScopeCheck(ref.position, mapIndex: task.mapIndex) { results.append(scope.result) }
        results.append(previousRunCheck(ref).result)
        let nextLookAt = run.instances[ref.index].isDue ? nil : task.nextLookAt
        results.append(RetryPeriodCheck(state: task.state, nextLookAt: nextLookAt, now: now).result)
        results.append(ReschedulePeriodCheck(state: task.state, nextLookAt: nextLookAt, now: now).result)
        let trigger = TriggerCheck(
            state: task.state, triggerClass: task.triggerClass, timeout: task.triggerTimeout)
        results.append(trigger.result)
        return results
    }

    /// What an instance that is not admitted yet still needs; one that is has it already.
    private func admissionResults(_ ref: InstanceRef) -> [CheckResult] {
        let instance = ref.instance
        guard !instance.isLive, !instance.task.isFinished else { return [] }
        return [
            PredecessorCheck(zombies: Int(instance.zombies)).result, poolCheck(ref).result, runSlotsCheck(ref.run).result,
            taskConcurrencyCheck(ref).result, parallelismCheck.result,
        ]
    }
}
