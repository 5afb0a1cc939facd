extension SchedulerStateMachine {
    /// Counts everything anew from the instances and names what differs from the counts that are kept: always empty,
    /// unless the machine is wrong. For tests and for `fsck`; takes time in proportion to all instances.
    package func audit() -> [String] {
        var problems: [String] = []
        var pools = [Int](repeating: 0, count: self.pools.count)
        var deferred = pools
        for run in runs.values {
            problems += run.audit()
            for instance in run.instances {
                if instance.occupies { pools[Int(instance.pool)] += instance.task.poolSlots }
                if instance.task.state == .deferred { deferred[Int(instance.pool)] += instance.task.poolSlots }
            }
        }
        for (index, use) in self.pools.enumerated() where use.occupied != pools[index] || use.deferred != deferred[index] {
            problems.append("pool \(use.name): \(use.occupied)+\(use.deferred), counted \(pools[index])+\(deferred[index])")
        }
        let processes = runs.values.reduce(0) { $0 + $1.instances.count(where: \.occupies) }
        if occupied != processes { problems.append("occupied: \(occupied), counted \(processes)") }
        return problems + auditTaskLimits()
    }

    private func auditTaskLimits() -> [String] {
        dags.sorted { $0.key < $1.key }.flatMap { dagID, activity in
            activity.activeTasks.sorted { $0.key < $1.key }.compactMap { taskID, count in
                let counted = activity.runs.reduce(0) { sum, run in
                    sum + run.instances.count { $0.task.taskID == taskID && $0.isActive }
                }
                return counted == count ? nil : "active \(dagID).\(taskID): \(count), counted \(counted)"
            }
        }
    }
}

extension RunExecution {
    func audit() -> [String] {
        var problems: [String] = []
        func check(_ name: @autoclosure () -> String, _ kept: Int, _ counted: Int) {
            if kept != counted { problems.append("\(run.key) \(name()): \(kept), counted \(counted)") }
        }
        let counted = counted()
        check("unfinished", unfinished, counted.reduce(0) { $0 + Int($1.own.total - $1.own.done) })
        check("pending", pending, counted.reduce(0) { $0 + Int($1.pending) })
        check("waiting", waiting, instances.count { $0.isPending && $0.task.state != nil })
        check("occupied", occupied, instances.count(where: \.occupies))
        for position in slots.indices {
            let (slot, own) = (slots[position], counted[position])
            if slot.own != own.own { problems.append("\(run.key) \(plan.dag.tasks[position].id): own states") }
            check("\(plan.dag.tasks[position].id) pending", Int(slot.pending), Int(own.pending))
            check("\(plan.dag.tasks[position].id) active", Int(slot.active), Int(own.active))
            if slot.upstream != upstream(of: position, counted) {
                problems.append("\(run.key) \(plan.dag.tasks[position].id): upstream states")
            }
        }
        return problems
    }

    /// The slots with everything counted from the instances.
    private func counted() -> [TaskSlot] {
        var result = [TaskSlot](repeating: TaskSlot(), count: slots.count)
        for instance in instances {
            let position = Int(instance.position)
            let isSetup = plan.dag.tasks[position].isSetup
            result[position].own.count(instance.task.state, isSetup: isSetup)
            result[position].own.expect(isSetup: isSetup)
            if instance.isPending { result[position].pending += 1 }
            if instance.isActive { result[position].active += 1 }
        }
        return result
    }

    private func upstream(of position: Int, _ counted: [TaskSlot]) -> UpstreamCounts {
        var counts = UpstreamCounts()
        for upstream in plan.tasks[position].upstream {
            counts.add(counted[Int(upstream)].own, isSetup: plan.dag.tasks[Int(upstream)].isSetup)
        }
        guard !plan.tasks[position].upstreamNeedsExpansion else { return counts }
        counts.total = Int32(plan.tasks[position].upstream.count)
        counts.totalSetup = Int32(plan.tasks[position].upstream.count { plan.dag.tasks[Int($0)].isSetup })
        return counts
    }
}
