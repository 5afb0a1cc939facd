import PipelineCore

/// Processes on its machine, and pods.
extension SimulatedScheduler {
    func launch(_ launch: TaskLaunch) {
        guard launched.insert(launch.id).inserted else { return }
        cluster.note("\(number): launches \(launch.instance.key) \(launch.id.number)\(launch.isPod ? " as a pod" : "")")
        cluster.check(VersionCheck.problems(launch, cluster.store.core.runs[launch.run.key], cluster.versions))
        guard !launch.isPod else {
            creations.append(launch)
            return createPods()
        }
        cluster.processes.append(SimulatedProcess(launch: launch, host: host, owner: number, life: life, thaw: thawedAt))
    }

    /// A pod that is there already is gone on with: its name says that it is the one.
    func createPods() {
        guard !isCutFromPods, !creations.isEmpty else { return }
        guard mayAct else { return lose("its lease is over") }
        for launch in creations {
            let name = podName(launch.id)
            if endedCreations.remove(launch.id) != nil {
                guard let index = cluster.pods.firstIndex(where: { $0.name == name }) else {
                    reportLoss(launch.id, "terminated before there was a pod")
                    continue
                }
                cluster.pods[index].isDeleting = true
            }
            if !cluster.pods.contains(where: { $0.name == name }) { cluster.pods.append(SimulatedPod(name: name, launch: launch)) }
            watched[name] = 0
        }
        creations = []
    }

    private func podName(_ id: LaunchID) -> PodName {
        PodName(launch: id, maker: breakage == .ownPodNames ? epoch : 0)
    }

    func terminate(_ id: LaunchID, _ reason: TerminationReason) {
        if !isSettled { earlyTerminations.append((id, reason)) }
        cluster.note("\(number): terminates launch \(id.number): \(reason.rawValue)")
        if let index = cluster.processes.firstIndex(where: { $0.launch.id == id && isMine($0) }) {
            cluster.processes[index].killAt = cluster.processes[index].killAt ?? cluster.time + ClusterLimits.grace
        }
        // Whether an earlier leader has made it is known when the cluster is reached.
        if creations.contains(where: { $0.id == id }) { endedCreations.insert(id) }
        // Where the cluster cannot be reached now, the next look finds a pod that nobody wants.
        guard !isCutFromPods, let index = cluster.pods.firstIndex(where: { $0.launch.id == id }) else { return }
        cluster.pods[index].isDeleting = true
    }

    /// After a takeover: what runs of launches that the store shows in an executor's hands? See `LocalExecutor.settle`.
    func settle() {
        let launches = (unsettled ?? []).flatMap { machine.launchesInHand(of: $0) }
        unsettled = nil
        for launch in launches where !launched.contains(launch.id) {
            if launch.isPod {
                settlePod(launch)
            } else if !launch.instance.hostname.isEmpty, launch.instance.hostname != host {
                let wait = breakage == .relaunchAtOnce ? .zero : ClusterLimits.grace + LeaseTenure.fencing
                awaitedLosses.append((cluster.time + wait, launch.id))
            } else {
                // Looked for on this machine, whoever began it.
                cluster.killLeftovers(of: launch.id, on: host)
                settleLost(launch)
            }
        }
        for (id, reason) in earlyTerminations { terminate(id, reason) }
        earlyTerminations = []
    }

    private func settlePod(_ launch: TaskLaunch) {
        let exists = cluster.pods.contains { $0.name == podName(launch.id) }
        guard !exists, breakage == .successFromAbsence || breakage == .failureFromAbsence else { return self.launch(launch) }
        settleLost(launch)
    }

    private func settleLost(_ launch: TaskLaunch) {
        switch breakage {
        case .successFromAbsence: inbox.append(.taskEnded(launch.id, .success()))
        case .failureFromAbsence: inbox.append(.taskEnded(launch.id, .failedMayRetry(reason: "not found")))
        default: reportLoss(launch.id, "not found")
        }
    }

    /// It is known to be gone.
    func reportLoss(_ id: LaunchID, _ reason: String) {
        cluster.store.evidence.losses[id.tryID, default: 0] += 1
        inbox.append(.taskLost(id, reason: reason))
    }

    // MARK: - Pods

    /// Looks at the pods: takes in what is new, finds out which are gone, deletes those that nobody wants.
    func observe() {
        guard isAwake, isSettled, !isCutFromPods, !isCutFromStore else { return }
        createPods()
        for name in watched.keys.sorted() {
            if let pod = cluster.pods.first(where: { $0.name == name }) { read(pod) } else { miss(name) }
        }
        deleteStrays()
    }

    private func read(_ pod: SimulatedPod) {
        guard let seen = watched[pod.name], seen < pod.reports.count else { return }
        for report in pod.reports[seen...] {
            cluster.keepXCom(of: report)
            inbox.append(report)
        }
        watched[pod.name] = pod.hasEnded ? nil : pod.reports.count
    }

    private func miss(_ name: PodName) {
        watched[name] = nil
        let launch = name.launch
        if breakage == .successFromAbsence { return inbox.append(.taskEnded(launch, .success())) }
        reportLoss(launch, "the pod is gone")
    }

    /// The store has the end: the pod is the witness of nothing any more.
    func endIsDurable(_ id: LaunchID) {
        guard !isCutFromPods, breakage != .keepsPods else { return }
        cluster.pods.removeAll { $0.hasEnded && $0.launch.id.tryID == id.tryID && $0.launch.id.number <= id.number }
    }

    private func deleteStrays() {
        guard mayAct, breakage != .keepsPods else { return }
        for index in cluster.pods.indices.reversed() where watched[cluster.pods[index].name] == nil {
            let id = cluster.pods[index].launch.id
            let row = cluster.store.core.taskInstance(id: id.tryID)
            let isWanted = row?.state?.occupiesExecutor == true && row?.launchNumber == id.number
            guard !isWanted else { continue }
            if cluster.pods[index].hasEnded { cluster.pods.remove(at: index) } else { cluster.pods[index].isDeleting = true }
        }
    }
}
