import PipelineCore

extension SimulatedCluster {
    /// Draws a trouble; one that the scenario has not is an ordinary step.
    func makeTrouble() {
        guard let trouble = Trouble.allCases.randomElement(using: &random) else { return }
        guard scenario.troubles.contains(trouble) else { return step() }
        note("trouble: \(trouble.rawValue)")
        switch trouble {
        case .crash: crash()
        case .freeze: freeze()
        case .storeCut: cut(\.isCutFromStore)
        case .podsCut: cut(\.isCutFromPods)
        case .storeFault: nextStoreFault = Bool.random(using: &random) ? .before : .after
        case .wallStep: stepWall()
        case .databaseStep: stepDatabase()
        case .loss: lose()
        case .repeats: repeatReports()
        case .people: interfere()
        case .pauses: pause()
        case .runs: startRun()
        case .pools: changePools()
        case .events: createEvent()
        case .push: push()
        }
    }

    /// Mostly the one that leads.
    private func victim() -> SimulatedScheduler? {
        if let leader = leaders.randomElement(using: &random), !chance(4) { return leader }
        return schedulers.randomElement(using: &random)
    }

    private func crash() {
        guard let victim = victim() else { return }
        if case .down = victim.phase { return }
        victim.crash(backAt: time + .milliseconds(Int.random(in: 100...15_000, using: &random)))
    }

    private func freeze() {
        guard let victim = victim(), victim.frozenUntil == nil else { return }
        if case .down = victim.phase { return }
        victim.frozenUntil = time + .milliseconds(Int.random(in: 500...40_000, using: &random))
    }

    private func cut(_ path: ReferenceWritableKeyPath<SimulatedScheduler, Bool>) {
        guard let victim = victim() else { return }
        victim[keyPath: path].toggle()
    }

    private func stepWall() {
        let seconds = [-86_400, -3_600, -5, 5, 3_600, 86_400].randomElement(using: &random) ?? 5
        schedulers.randomElement(using: &random)?.wallOffset += .seconds(seconds)
    }

    /// Another machine serves the database, say, after a failure of the first: the leader may not reach it either.
    private func stepDatabase() {
        databaseOffset += .seconds([-86_400, -3_600, -2, 2, 3_600, 86_400].randomElement(using: &random) ?? 2)
        if chance(2) { leaders.first?.isCutFromStore = true }
    }

    private func lose() {
        if !pods.isEmpty, Bool.random(using: &random) {
            pods.remove(at: Int.random(in: 0..<pods.count, using: &random))
        } else if !processes.isEmpty {
            let index = Int.random(in: 0..<processes.count, using: &random)
            processes[index].killAt = time
            if !schedulers[processes[index].owner].isFrozen { end(index) }
        }
    }

    private func repeatReports() {
        guard let scheduler = leaders.randomElement(using: &random), scheduler.isSettled else { return }
        if let fired = firedTriggers.randomElement(using: &random) {
            scheduler.inbox.append(.triggerFired(late(fired.id), fired.outcome))
        }
        if let report = scheduler.inbox.randomElement(using: &random), report.mayComeTwice { scheduler.inbox.append(report) }
        if let index = scheduler.inbox.indices.randomElement(using: &random), case .taskStarted = scheduler.inbox[index] {
            scheduler.inbox.append(scheduler.inbox.remove(at: index))
        }
    }

    /// With ``Breakage/resumeByTry`` the launch says nothing.
    private func late(_ id: LaunchID) -> LaunchID {
        guard scenario.breakage == .resumeByTry, let row = store.core.taskInstance(id: id.tryID) else { return id }
        return LaunchID(tryID: id.tryID, number: row.launchNumber)
    }

    private func createEvent() {
        guard let asset = ClusterDAG.assets.randomElement(using: &random) else { return }
        _ = try? store.core.createAssetEvent(asset, extra: .null, partitionKey: nil, at: databaseTime)
    }

    private func push() {
        let index = Int.random(in: 0..<scenario.dags, using: &random)
        pushes += 1
        versions.push(ClusterDAG(seed: scenario.seed, index: index, version: pushes))
        for scheduler in schedulers { scheduler.mustRefresh = true }
    }

    private func changePools() {
        let slots = [2, 3, -1].randomElement(using: &random) ?? 2
        try? store.core.setPool(Pool(name: "small", slots: slots, includeDeferred: true))
    }
}

extension SchedulerEvent {
    /// Executors may say the same again; the folder and the store are looked at by one loop, which does not.
    fileprivate var mayComeTwice: Bool {
        switch self {
        case .taskStarted, .taskEnded, .taskLost, .launchFailed, .triggerFired, .timeReached: true
        default: false
        }
    }
}
