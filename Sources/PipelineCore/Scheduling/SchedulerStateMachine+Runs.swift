extension SchedulerStateMachine {
    /// A new run: its task instances are made and saved with it. A run that is already here is left alone, since every
    /// event may come twice.
    mutating func create(_ snapshot: RunSnapshot) {
        guard runs[snapshot.run.key] == nil else { return }
        let run = enter(snapshot)
        makeInstances(run)
        run.run.queuedAt = run.run.queuedAt ?? now
        save(run)
        for deadline in snapshot.deadlines { turn.changes.append(.saveDeadline(deadline)) }
        resume(run)
    }

    /// Takes a run into the machine, without its tasks.
    mutating func enter(_ snapshot: RunSnapshot) -> RunExecution {
        let run = RunExecution(run: snapshot.run, plan: plan(for: snapshot.dag))
        let dagID = snapshot.run.key.dagID
        runs[snapshot.run.key] = run
        dags[dagID, default: DAGActivity(consecutiveFailures: snapshot.consecutiveFailures)].runs.append(run)
        if run.plan.limitsTasks, dags[dagID]?.limitsTasks == false { recountActiveTasks(dagID) }
        run.previous = snapshot.previousRun
        resolvePreviousRuns(dagID)
        return run
    }

    mutating func plan(for dag: DAG) -> DAGPlan {
        let id = ObjectIdentifier(dag)
        let known = plans[id]
        let plan = known?.plan ?? DAGPlan(dag)
        plans[id] = (plan, (known?.users ?? 0) + 1)
        return plan
    }

    /// Goes on with a run in whatever state it is.
    mutating func resume(_ run: RunExecution) {
        switch run.run.state {
        case .queued: wakeDAG(run.run.key.dagID)
        case .running: proceed(run)
        case .success, .failed: run.isKept = true
        }
    }

    mutating func wakeDAG(_ dagID: String) {
        guard dags[dagID]?.isWoken == false else { return }
        dags[dagID]?.isWoken = true
        wokenDAGs.append(dagID)
    }

    /// Starts queued runs of a DAG in the order of `run_after`, as far as `max_active_runs` allows.
    mutating func startQueuedRuns(_ dagID: String) {
        dags[dagID]?.isWoken = false
        guard let activity = dags[dagID], !pausedDAGs.contains(dagID) else { return }
        let queued = activity.runs.filter { $0.run.state == .queued }
        for run in queued where run.run.runAfter > now && !run.hasStartTimer {
            run.hasStartTimer = true
            setTimer(.runAfter, at: run.run.runAfter, run)
        }
        // Counted once, for the DAG and for each backfill: thousands may be queued.
        var rooms: [Int?: Int] = [:]
        for run in queued where rooms[run.run.backfillID] == nil { rooms[run.run.backfillID] = runLimit(run).room }
        let waiting = queued.filter { $0.run.runAfter <= now && rooms[$0.run.backfillID, default: 0] > 0 }
        for run in waiting.sorted(by: { ($0.run.runAfter, $0.run.key) < ($1.run.runAfter, $1.run.key) }) {
            guard let room = rooms[run.run.backfillID], room > 0 else { continue }
            rooms[run.run.backfillID] = room - 1
            start(run)
        }
    }

    private mutating func start(_ run: RunExecution) {
        run.run.state = .running
        run.hasStartTimer = false
        run.run.startDate = now
        run.run.endDate = nil
        run.run.reason = nil
        save(run)
        proceed(run)
    }

    /// Sets the timers of a running run and looks at all its tasks.
    private mutating func proceed(_ run: RunExecution) {
        if let timeout = run.timeoutAt { setTimer(.runTimeout, at: timeout, run) }
        if let date = run.run.logicalDate, date > now { setTimer(.logicalDate, at: date, run) } else { run.isDue = true }
        for index in run.instances.indices { rearm(InstanceRef(run: run, index: index)) }
        wakeAll(run)
        touch(run)
    }

    mutating func rearm(_ ref: InstanceRef) {
        switch ref.state {
        case .upForRetry, .upForReschedule:
            if let at = ref.run.instances[ref.index].task.nextLookAt { setTimer(at: at, ref) }
        case .deferred: setTriggerTimer(ref)
        default: break
        }
    }

    /// Ends a run whose tasks have all ended, or of which no task can ever run.
    mutating func conclude(_ run: RunExecution) {
        run.isTouched = false
        turn.endings.append(run)
        guard run.run.state == .running, canSchedule(run) || run.unfinished == 0 else { return }
        if run.unfinished == 0 {
            let hasFailed = run.plan.leaves.contains { run.slots[Int($0)].own.failed + run.slots[Int($0)].own.upstreamFailed > 0 }
            finish(run, hasFailed ? .failed : .success, reason: hasFailed ? "task_failure" : nil)
            wantCallbacks(of: run, subject: run.lastEnded(hasFailed ? .failed : .success))
        } else if isDeadlocked(run) {
            finish(run, .failed, reason: "all_tasks_deadlocked")
            wantCallbacks(of: run, subject: run.blocked)
        }
    }

    /// No task has a process, waits for time, for a trigger, for a slot or for the run before: whatever holds the rest
    /// up will never change. Airflow 3.3 (`models/dagrun.py`, `update_state`) also lets a run with an unfinished task
    /// that has `depends_on_past` or a limit of its own go on for ever; here such a task counts only while it is that
    /// which it waits for.
    private func isDeadlocked(_ run: RunExecution) -> Bool {
        guard run.unfinished == run.pending, run.occupied == 0 else { return false }
        return run.slots.allSatisfy { slot in
            slot.unfinished == 0 || slot.instances.allSatisfy { index in
                let ref = InstanceRef(run: run, index: index)
                return !ref.isPending || (run.isDue(index, now: now) && previousRunCheck(ref).passed)
            }
        }
    }

    mutating func finish(_ run: RunExecution, _ state: RunState, reason: String?) {
        run.run.state = state
        run.run.endDate = max(now, run.run.startDate ?? now)
        run.run.reason = reason
        save(run)
        touch(run)
        countFailure(run)
        wakeDAG(run.run.key.dagID)
    }

    /// Source: Airflow 3.3 `models/dagrun.py` (`_check_last_n_dagruns_failed`).
    private mutating func countFailure(_ run: RunExecution) {
        let dagID = run.run.key.dagID
        let failures = run.run.state == .failed ? (dags[dagID]?.consecutiveFailures ?? 0) + 1 : 0
        dags[dagID]?.consecutiveFailures = failures
        let maximum = run.plan.dag.header.maxConsecutiveFailedRuns
        guard maximum > 0, failures >= maximum, pausedDAGs.insert(dagID).inserted else { return }
        turn.changes.append(.setPaused(dagID: dagID, true))
    }

    /// Fails a run from outside: what is unfinished becomes skipped, and its processes are ended.
    /// Source: Airflow 3.3 `jobs/scheduler_job_runner.py` (`_schedule_dag_run`, the timeout).
    mutating func fail(_ run: RunExecution, _ cause: TerminationReason, reason: String) {
        let subject = run.plan.dag.header.hasOnFailureCallback ? run.lastUnfinished : nil
        for index in run.instances.indices {
            let ref = InstanceRef(run: run, index: index)
            if ref.state?.isFinished != true { stop(ref, .skipped, cause, reason: reason) }
        }
        finish(run, .failed, reason: reason)
        wantCallbacks(of: run, subject: subject)
    }

    mutating func cancel(_ key: RunKey, _ reason: String) {
        guard let run = runs[key], !run.run.state.isFinished else { return }
        fail(run, .runCancelled, reason: reason)
    }

    /// Lets go of a run that is over once no process of it is alive.
    mutating func forgetIfOver(_ run: RunExecution, _ actions: inout [SchedulerAction]) {
        guard run.run.state.isFinished, !run.hasProcesses, !run.isKept, !run.isForgotten else { return }
        actions.append(.runEnded(run.run))
        forget(run)
    }

    private mutating func forget(_ run: RunExecution) {
        let dagID = run.run.key.dagID
        for instance in run.instances where tries[instance.task.id] != nil { tries[instance.task.id] = nil }
        run.isForgotten = true
        runs[run.run.key] = nil
        dags[dagID]?.runs.removeAll { $0 === run }
        handDown(run)
        if dags[dagID]?.runs.isEmpty == true { dags[dagID] = nil }
        release(run.plan)
        run.discard()
    }

    mutating func release(_ plan: DAGPlan) {
        let id = ObjectIdentifier(plan.dag)
        guard let users = plans[id]?.users else { return }
        if users > 1 { plans[id]?.users = users - 1 } else { plans[id] = nil }
    }

    mutating func setPaused(_ dagID: String, _ isPaused: Bool) {
        guard !isPaused else {
            pausedDAGs.insert(dagID)
            return
        }
        guard pausedDAGs.remove(dagID) != nil else { return }
        for run in dags[dagID]?.runs ?? [] where run.run.state == .running {
            wakeAll(run)
            touch(run)
        }
        wakeDAG(dagID)
    }

    mutating func setPools(_ newPools: [Pool]) {
        for index in pools.indices { pools[index].pool = nil }
        for pool in newPools { pools[Int(poolIndex(pool.name))].pool = pool }
    }

    /// The place of a pool in the table, which also knows pools that do not exist.
    mutating func poolIndex(_ name: String) -> Int32 {
        if let known = poolIndexes[name] { return known }
        pools.append(PoolUse(name: name))
        poolIndexes[name] = Int32(pools.count - 1)
        return Int32(pools.count - 1)
    }
}

extension RunExecution {
    /// Gives back the memory of a forgotten run, which old timers may still hold.
    func discard() {
        instances = []
        slots = []
        buckets = []
        livePrevious = nil
        previous = nil
        xcoms = XComLedger()
    }
}
