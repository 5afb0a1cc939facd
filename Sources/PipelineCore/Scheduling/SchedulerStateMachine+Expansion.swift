/// Which instances of an upstream task matter to an instance: all (`nil`), or those of these map indexes.
typealias RelevantIndexes = Range<Int>?

extension SchedulerStateMachine {
    /// Turns the instance without map index of a mapped task into as many as its input has elements.
    /// Source: Airflow 3.3 `models/taskmap.py` (`expand_mapped_task`).
    mutating func expand(_ ref: InstanceRef) {
        let (run, position) = (ref.run, ref.position)
        guard let count = run.mappedCount(of: position) else {
            return end(ref, .upstreamFailed, reason: "The length of the input that the task is mapped over is not known.")
        }
        guard count > 0 else { return end(ref, .skipped, reason: "The input that the task is mapped over is empty.") }
        guard count <= limits.maximumExpansion else {
            let reason = "The task is mapped over \(count) elements; at most \(limits.maximumExpansion) are allowed."
            return end(ref, .failed, reason: reason)
        }
        run.slots[position].single = -1
        run.slots[position].place(ref.index, at: 0)
        run.instances[ref.index].task.key.mapIndex = 0
        save(ref)
        reviseExpansion(run, position)
        wake(run, position)
        wakeExpansionDependents(run, position)
    }

    /// Brings the instances of an expanded task in line with the length of its input, which may have changed since: new
    /// ones are made, those beyond the end are removed. Source: Airflow 3.3 `_revise_map_indexes_if_mapped`.
    mutating func reviseExpansion(_ run: RunExecution, _ position: Int) {
        guard let count = run.mappedCount(of: position), count <= limits.maximumExpansion else { return }
        let existing = run.slots[position].mapped.count
        for mapIndex in min(count, existing)..<existing {
            guard let index = run.slots[position].instance(mapIndex) else { continue }
            let ref = InstanceRef(run: run, index: index)
            guard ref.state != .removed else { continue }
            stop(ref, .removed, .superseded, reason: "The input that the task is mapped over has \(count) elements.")
        }
        guard existing < count else { return }
        for mapIndex in existing..<count { wake(makeInstance(run, position, mapIndex: mapIndex)) }
        wakeExpansionDependents(run, position)
    }

    private mutating func wakeExpansionDependents(_ run: RunExecution, _ position: Int) {
        for target in run.plan.tasks[position].downstream { wake(run, Int(target)) }
        for target in run.plan.tasks[position].alsoWakes { wake(run, Int(target)) }
    }
}

extension RunExecution {
    /// How many instances a task has in this run by its own input and the mapped groups around it; `nil` while that is
    /// not known. Source: Airflow 3.3 `serialization/definitions/mappedoperator.py` (`get_mapped_ti_count`).
    func mappedCount(of position: Int) -> Int? {
        var count = 1
        if let input = plan.dag.tasks[position].expandInput {
            guard let own = length(input) else { return nil }
            count = own
        }
        for group in plan.tasks[position].mappedGroups {
            guard let length = length(plan.groups[Int(group)].expandInput) else { return nil }
            count = multiply(count, length)
        }
        return count
    }

    /// The same for a mapped group, with the groups around it.
    private func mappedCount(ofGroups groups: ArraySlice<Int32>) -> Int? {
        groups.reduce(1) { count, group in
            count.flatMap { count in length(plan.groups[Int(group)].expandInput).map { multiply(count, $0) } }
        }
    }

    private func multiply(_ left: Int, _ right: Int) -> Int {
        let (product, isTooLarge) = left.multipliedReportingOverflow(by: right)
        return isTooLarge ? Int.max : product
    }

    private func length(_ input: ExpandInput) -> Int? {
        switch input {
        case .dictOfLists(let arguments):
            guard !arguments.isEmpty else { return 0 }
            return arguments.reduce(1) { count, argument in
                count.flatMap { count in length(argument.source).map { multiply(count, $0) } }
            }
        case .listOfDicts(let source): return length(source)
        }
    }

    private func length(_ source: ExpandInput.Source) -> Int? {
        switch source {
        case .literal(.array(let elements)): elements.count
        case .literal(.object(let members)): members.count
        case .literal: nil
        case .xcom(let reference): length(reference)
        }
    }

    /// Source: Airflow 3.3 `serialization/definitions/xcom_arg.py` (`get_task_map_length`).
    private func length(_ reference: XComReference) -> Int? {
        switch reference {
        case .plain(let taskID, let key): return resultLength(taskID, key: key)
        case .map(let argument, _): return length(argument)
        case .zip(let arguments, let fillValue):
            let lengths = arguments.compactMap(length)
            guard lengths.count == arguments.count else { return nil }
            return fillValue == nil ? lengths.min() : lengths.max()
        case .concat(let arguments):
            let lengths = arguments.compactMap(length)
            return lengths.count == arguments.count ? lengths.reduce(0, +) : nil
        }
    }

    /// A task with map indexes counts by its instances that pushed a result, once all are finished.
    private func resultLength(_ taskID: String, key: String) -> Int? {
        guard let position = plan.dag.position(of: taskID) else { return nil }
        guard plan.tasks[position].needsExpansion else { return xcoms.length(position: position, key: key) }
        return slots[position].unfinished > 0 ? nil : xcoms.pushedCount(position: position)
    }

    /// Which instances of an upstream task matter to one instance of a task.
    /// Source: Airflow 3.3 `models/taskinstance.py` (`_get_relevant_map_indexes`), `trigger_rule_dep.py`.
    func relevantIndexes(of upstream: Int, for position: Int, mapIndex: Int) -> RelevantIndexes {
        let groups = plan.tasks[position].mappedGroups
        guard !groups.isEmpty, !waitsForAll(upstream, position, mapIndex) else { return nil }
        guard let count = mappedCount(of: position), count > 0,
            let common = groups.firstIndex(where: { plan.tasks[upstream].mappedGroups.contains($0) }),
            let ancestors = mappedCount(ofGroups: groups[common...]), ancestors > 0
        else { return nil }
        let ancestor = floorDivision(mapIndex * ancestors, count)
        guard isFurtherMapped(upstream, inside: groups[common]), let upstreamCount = mappedCount(of: upstream) else {
            return ancestor..<ancestor + 1
        }
        let further = upstreamCount / ancestors
        return ancestor * further..<(ancestor + 1) * further
    }

    /// Before a task in a mapped group is expanded, rules that a part of the upstream can satisfy look at all of it.
    private func waitsForAll(_ upstream: Int, _ position: Int, _ mapIndex: Int) -> Bool {
        guard mapIndex < 0 else { return false }
        let rules: [TriggerRule] = [.oneSuccess, .oneFailed, .oneDone, .noneFailedMinOneSuccess]
        return rules.contains(plan.dag.tasks[position].triggerRule)
            && !plan.tasks[position].expansionDependencies.contains(Int32(upstream))
    }

    private func isFurtherMapped(_ position: Int, inside group: Int32) -> Bool {
        plan.dag.tasks[position].isMapped || plan.tasks[position].mappedGroups.first != group
    }

    private func floorDivision(_ dividend: Int, _ divisor: Int) -> Int {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    func sharesMappedGroup(_ left: Int, _ right: Int) -> Bool {
        plan.tasks[left].mappedGroups.contains { plan.tasks[right].mappedGroups.contains($0) }
    }

    /// For each task above an instance in the same mapped group: the map index, or indexes, that belong to it.
    func upstreamMapIndexes(of index: Int) -> [String: JSONValue] {
        let position = Int(instances[index].position)
        let mapIndex = instances[index].task.key.mapIndex
        guard plan.tasks[position].looksByInstance, mapIndex >= 0 else { return [:] }
        var result: [String: JSONValue] = [:]
        for upstream in plan.tasks[position].upstream.map(Int.init) {
            guard let range = relevantIndexes(of: upstream, for: position, mapIndex: mapIndex),
                let group = plan.tasks[position].mappedGroups.first(where: { plan.tasks[upstream].mappedGroups.contains($0) })
            else { continue }
            result[plan.dag.tasks[upstream].id] = isFurtherMapped(upstream, inside: group)
                ? .array(range.map { .int($0) }) : .int(range.lowerBound)
        }
        return result
    }
}
