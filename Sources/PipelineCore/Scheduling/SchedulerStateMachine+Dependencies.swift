extension SchedulerStateMachine {
    /// What the dependencies of a waiting instance say together; each check is the one that ``explain(_:now:)`` shows.
    func dependencies(of ref: InstanceRef) -> DependencyVerdict {
        let run = ref.run
        var verdict = run.notPreviouslySkippedCheck(ref.index).verdict
        if verdict == .pass { verdict = run.mappedUpstreamCheck(ref.position).verdict }
        if verdict == .pass { verdict = run.graphVerdict(ref.index) }
        guard verdict != .wait else { return .wait }
        let past = previousRunCheck(ref).verdict
        if case .end(let state) = verdict {
            let waits = state == .skipped && run.plan.dag.tasks[ref.position].waitForPastDependsBeforeSkipping
            return waits && past == .wait ? .wait : verdict
        }
        guard past == .pass else { return .wait }
        return run.isDue(ref.index, now: now) ? .pass : .wait
    }
}

extension RunExecution {
    /// The trigger rule, the setups above, and for a teardown what stands between its setups and itself.
    func graphVerdict(_ index: Int) -> DependencyVerdict {
        let position = Int(instances[index].position)
        let mapIndex = instances[index].task.key.mapIndex
        if let setups = setupCheck(position, mapIndex: mapIndex)?.verdict, setups != .pass { return setups }
        let rule = triggerRuleCheck(position, mapIndex: mapIndex).verdict
        guard rule == .pass, let scope = teardownScopeCheck(position, mapIndex: mapIndex) else { return rule }
        return scope.verdict
    }

    func isDue(_ index: Int, now: Timestamp) -> Bool {
        guard instances[index].task.state != nil, !instances[index].isDue else { return true }
        return instances[index].task.nextLookAt.map { $0 <= now } ?? true
    }

    func triggerRuleCheck(_ position: Int, mapIndex: Int) -> TriggerRuleCheck {
        let hasUpstream = !plan.tasks[position].upstream.isEmpty
        return TriggerRuleCheck(
            rule: plan.dag.tasks[position].triggerRule, counts: upstreamCounts(position, mapIndex: mapIndex),
            mapIndex: mapIndex, hasUpstream: hasUpstream)
    }

    /// `nil` where no setup but the direct ones matters. Without upstream tasks or with the rule `always` Airflow does
    /// not look at setups at all.
    func setupCheck(_ position: Int, mapIndex: Int) -> SetupCheck? {
        let setups = plan.tasks[position].indirectSetups
        guard !setups.isEmpty, plan.dag.tasks[position].triggerRule != .always else { return nil }
        return SetupCheck(counts: counts(of: setups, for: position, mapIndex: mapIndex), mapIndex: mapIndex)
    }

    func teardownScopeCheck(_ position: Int, mapIndex: Int) -> TeardownScopeCheck? {
        let scope = plan.tasks[position].teardownScope
        guard !scope.isEmpty, plan.dag.tasks[position].isTeardown, plan.dag.tasks[position].triggerRule != .always
        else { return nil }
        return TeardownScopeCheck(counts: counts(of: scope, for: position, mapIndex: mapIndex))
    }

    func mappedUpstreamCheck(_ position: Int) -> MappedUpstreamCheck {
        var counts = UpstreamCounts()
        for source in plan.tasks[position].mapDependencies where slots[Int(source)].single >= 0 {
            counts.count(instances[Int(slots[Int(source)].single)].task.state, isSetup: false)
        }
        return MappedUpstreamCheck(counts: counts)
    }

    func notPreviouslySkippedCheck(_ index: Int) -> NotPreviouslySkippedCheck {
        let position = Int(instances[index].position)
        guard !plan.tasks[position].skippers.isEmpty else { return NotPreviouslySkippedCheck(skipper: nil) }
        let taskID = plan.dag.tasks[position].id
        let mapIndex = instances[index].task.key.mapIndex
        let skipper = plan.tasks[position].skippers.first { skipper in
            // An instance of a mapped branch, or of a branch within a mapped group, decides for its own map index.
            let own = plan.tasks[Int(skipper)].needsExpansion ? mapIndex : TaskInstanceKey.unmapped
            return slots[Int(skipper)].own.done > 0
                && xcoms.decision(position: Int(skipper), mapIndex: own)?.skips(taskID) == true
        }
        return NotPreviouslySkippedCheck(skipper: skipper.map { plan.dag.tasks[Int($0)].id })
    }

    private func upstreamCounts(_ position: Int, mapIndex: Int) -> UpstreamCounts {
        guard plan.tasks[position].looksByInstance else { return slots[position].upstream }
        return counts(of: plan.tasks[position].upstream, for: position, mapIndex: mapIndex)
    }

    /// The instances of other tasks that matter to one instance.
    /// Source: Airflow 3.3 `trigger_rule_dep.py` (`_iter_upstream_conditions`, `_is_relevant_upstream`).
    private func counts(of tasks: [Int32], for position: Int, mapIndex: Int) -> UpstreamCounts {
        let countsInstances = tasks.contains { plan.tasks[Int($0)].needsExpansion }
        var counts = UpstreamCounts()
        for task in tasks {
            let isSetup = plan.dag.tasks[Int(task)].isSetup
            add(task, relevantIndexes(of: Int(task), for: position, mapIndex: mapIndex), isSetup: isSetup, to: &counts)
        }
        guard !countsInstances else { return counts }
        counts.total = Int32(tasks.count)
        counts.totalSetup = Int32(tasks.count { plan.dag.tasks[Int($0)].isSetup })
        return counts
    }

    private func add(_ task: Int32, _ relevant: RelevantIndexes, isSetup: Bool, to counts: inout UpstreamCounts) {
        let slot = slots[Int(task)]
        guard case .some(let range) = relevant else { return counts.add(slot.own, isSetup: isSetup) }
        let single = slot.single >= 0 ? [Int(slot.single)] : []
        for index in single + range.compactMap({ $0 >= 0 ? slot.instance($0) : nil }) {
            counts.count(instances[index].task.state, isSetup: isSetup)
            counts.expect(isSetup: isSetup)
        }
    }
}
