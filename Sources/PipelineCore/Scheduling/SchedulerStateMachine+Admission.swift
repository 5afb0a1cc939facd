extension SchedulerStateMachine {
    /// Makes a scheduled instance a candidate for a process.
    mutating func offer(_ ref: InstanceRef) {
        // The process of an earlier try must be gone first; its end offers the instance again.
        guard ref.run.instances[ref.index].zombies == 0, ref.state == .scheduled else { return }
        ref.run.instances[ref.index].scheduleGeneration += 1
        let bucket = ref.run.bucket(for: ref.index)
        let task = ref.run.instances[ref.index].task
        ref.run.buckets[bucket].entries.insert(
            AdmissionBucket.Entry(
                priority: task.priorityWeight, mapIndex: task.mapIndex, position: Int32(ref.position),
                instance: Int32(ref.index), generation: ref.run.instances[ref.index].scheduleGeneration))
        guard !ref.run.isReady else { return }
        ref.run.isReady = true
        readyRuns.append(ref.run)
    }

    /// Gives processes to scheduled instances in one total order (priority, backfills last, logical date, run, map index,
    /// task), passing over those that do not fit, so that a full pool holds up nobody else.
    mutating func admit() {
        guard !readyRuns.isEmpty else { return }
        while parallelismCheck.passed, let (run, bucket) = bestCandidate() {
            guard let entry = run.buckets[bucket].entries.removeFirst() else { return }
            queue(InstanceRef(run: run, index: Int(entry.instance)))
        }
        readyRuns.removeAll { run in
            if run.buckets.allSatisfy(\.entries.isEmpty) { run.isReady = false }
            return !run.isReady
        }
    }

    private func bestCandidate() -> (RunExecution, Int)? {
        var best: (run: RunExecution, bucket: Int, entry: AdmissionBucket.Entry)?
        for run in readyRuns where canAdmit(run) {
            for bucket in run.buckets.indices {
                guard let entry = run.firstCandidate(bucket), fits(run, entry) else { continue }
                if let current = best, !isBefore((run, entry), (current.run, current.entry)) { continue }
                best = (run, bucket, entry)
            }
        }
        return best.map { ($0.run, $0.bucket) }
    }

    private func canAdmit(_ run: RunExecution) -> Bool {
        canSchedule(run) && runSlotsCheck(run).passed
    }

    private func fits(_ run: RunExecution, _ entry: AdmissionBucket.Entry) -> Bool {
        let ref = InstanceRef(run: run, index: Int(entry.instance))
        return poolCheck(ref).passed && taskConcurrencyCheck(ref).passed
    }

    private func isBefore(
        _ left: (run: RunExecution, entry: AdmissionBucket.Entry), _ right: (run: RunExecution, entry: AdmissionBucket.Entry)
    ) -> Bool {
        if left.entry.priority != right.entry.priority { return left.entry.priority > right.entry.priority }
        if left.run === right.run { return left.entry < right.entry }
        let (isMineLate, isOtherLate) = (left.run.run.backfillID != nil, right.run.run.backfillID != nil)
        if isMineLate != isOtherLate { return isOtherLate }
        let (mine, other) = (left.run.admissionDate, right.run.admissionDate)
        return mine == other ? left.run.run.key < right.run.run.key : mine < other
    }

    private mutating func queue(_ ref: InstanceRef) {
        let (now, host) = (now, host)
        if ref.run.mayHaveXComs(ref.index) { deleteXComs(of: ref) }
        change(ref) { instance in
            instance.task.state = .queued
            instance.task.queuedAt = now
            instance.task.hostname = host
            instance.task.launchNumber += 1
            instance.verdict = nil
            instance.isLive = true
        }
        tries[ref.run.instances[ref.index].task.id] = ref
        turn.launches.append(ref)
    }

    mutating func deleteXComs(of ref: InstanceRef) {
        turn.changes.append(.deleteXComs(ref.key))
        ref.run.xcoms.forget(position: ref.position, mapIndex: ref.key.mapIndex)
    }

    var parallelismCheck: ParallelismCheck { ParallelismCheck(occupied: occupied, parallelism: limits.parallelism) }

    func runSlotsCheck(_ run: RunExecution) -> RunSlotsCheck {
        RunSlotsCheck(active: run.occupied, maximum: run.plan.dag.header.maxActiveTasks)
    }

    func poolCheck(_ ref: InstanceRef) -> PoolCheck {
        let use = pools[Int(ref.run.instances[ref.index].pool)]
        let task = ref.run.instances[ref.index].task
        return PoolCheck(pool: use.name, slots: use.pool?.slots, occupied: use.taken, needed: task.poolSlots)
    }

    func taskConcurrencyCheck(_ ref: InstanceRef) -> TaskConcurrencyCheck {
        let maximumInDAG = ref.run.plan.dag.tasks[ref.position].maxActiveTIsPerDag
        let active = maximumInDAG == nil
            ? 0 : dags[ref.run.run.key.dagID]?.activeTasks[ref.run.plan.dag.tasks[ref.position].id] ?? 0
        return TaskConcurrencyCheck(
            activeInDAG: active, maximumInDAG: maximumInDAG, activeInRun: Int(ref.run.slots[ref.position].active),
            maximumInRun: ref.run.plan.dag.tasks[ref.position].maxActiveTIsPerDagRun)
    }
}

extension RunExecution {
    var admissionDate: Timestamp { run.logicalDate ?? run.runAfter }

    /// The first entry of a bucket that is still scheduled; older entries are dropped.
    func firstCandidate(_ bucket: Int) -> AdmissionBucket.Entry? {
        while let entry = buckets[bucket].entries.first {
            let instance = Int(entry.instance)
            if instances[instance].task.state == .scheduled, instances[instance].scheduleGeneration == entry.generation {
                return entry
            }
            buckets[bucket].entries.removeFirst()
        }
        return nil
    }

    func bucket(for index: Int) -> Int {
        let position = Int(instances[index].position)
        let hasLimit = plan.dag.tasks[position].maxActiveTIsPerDag != nil
            || plan.dag.tasks[position].maxActiveTIsPerDagRun != nil
        let key = AdmissionBucket.Key(
            pool: instances[index].pool, slots: instances[index].task.poolSlots,
            limitedPosition: hasLimit ? Int32(position) : -1)
        if let known = bucketIndexes[key] { return known }
        buckets.append(AdmissionBucket(key: key))
        bucketIndexes[key] = buckets.count - 1
        return buckets.count - 1
    }

    /// An earlier launch may have left XComs, which a new one (unless it resumes) must not see.
    func mayHaveXComs(_ index: Int) -> Bool {
        let task = instances[index].task
        return task.nextMethod == nil && (task.tryNumber > 1 || task.launchNumber > 0)
    }
}
