import PipelineCore

extension SimulatedScheduler {
    /// What a process does by its monotonic clock, whatever its turns do: renew, stop in time, claim, kill, begin anew.
    func keepTime() {
        if let until = frozenUntil {
            guard until <= cluster.time else { return }
            (frozenUntil, thawedAt) = (nil, cluster.time)
            cluster.note("\(number): goes on")
            // Any part of it may be the first to go on.
            return
        }
        switch phase {
        case .down(let until): if until <= cluster.time { phase = .standby }
        case .standby: if nextClaim <= cluster.time { claim() }
        case .leading: keepLease()
        }
        killDue()
    }

    /// The next moment at which ``keepTime()`` has something to do.
    var deadline: Duration? {
        if let until = frozenUntil { return until }
        let kill = cluster.processes.compactMap { isMine($0) ? $0.killAt : nil }.min()
        let own: Duration? =
            switch phase {
            case .down(let until): until
            case .standby: nextClaim
            case .leading: ([tenure.end, nextRenewal] + awaitedLosses.map(\.at)).min()
            }
        return [kill, own].compactMap(\.self).min()
    }

    private var margin: Duration { breakage == .noMargin ? .zero : LeaseTenure.margin }

    private func keepLease() {
        guard tenure.isInForce(at: cluster.time) || (breakage == .endsAfterTurn && pending != nil) else {
            return lose("it could not renew")
        }
        for index in awaitedLosses.indices.reversed() where awaitedLosses[index].at <= cluster.time {
            reportLoss(awaitedLosses.remove(at: index).launch, "superseded")
        }
        guard nextRenewal <= cluster.time else { return }
        nextRenewal = cluster.time + LeaseTenure.renewal
        guard !isCutFromStore else { return }
        if cluster.store.core.renewLease(epoch: epoch, at: cluster.databaseTime) {
            tenure.renew(askedAt: cluster.time, margin: margin)
        } else {
            lose("another one leads")
        }
    }

    /// Nothing of an earlier leadership may be left.
    private func claim() {
        nextClaim = cluster.time + LeaseTenure.renewal / 2
        guard !isCutFromStore, !cluster.processes.contains(where: isMine) else { return }
        let lease = cluster.store.core.claimLease(
            holder: "\(host):\(number)", lasting: LeaseTenure.lasting, at: cluster.databaseTime)
        guard let lease else { return }
        epoch = lease
        tenure = LeaseTenure(askedAt: cluster.time, margin: margin)
        nextRenewal = cluster.time + LeaseTenure.renewal
        phase = .leading
        cluster.note("\(number): leads, epoch \(epoch)")
        takeOver()
    }

    /// No longer the leader: what runs on this machine is ended, pods go on.
    func lose(_ reason: String) {
        cluster.note("\(number): no longer leads: \(reason)")
        forget()
        phase = .standby
        nextClaim = cluster.time + LeaseTenure.renewal / 2
        for index in cluster.processes.indices where isMine(cluster.processes[index]) {
            cluster.processes[index].killAt = cluster.processes[index].killAt ?? cluster.time + ClusterLimits.grace
        }
    }

    /// `kill -9`. On a machine of its own everything goes with it, since its unit is one control group; where another scheduler
    /// or its successor can look, processes are left for them.
    func crash(backAt: Duration) {
        cluster.note("\(number): crashes")
        forget()
        life += 1
        frozenUntil = nil
        phase = .down(until: backAt)
        if cluster.hasManyHosts { cluster.processes.removeAll { $0.owner == number } }
    }

    private func forget() {
        (pending, readSchedules, mustRefresh, unsettled) = (nil, nil, false, nil)
        (inbox, planners, creations, awaitedLosses, earlyTerminations) = ([], [], [], [], [])
        (watched, launched, endedCreations, active, known) = ([:], [], [], [], Known())
    }

    func isMine(_ process: SimulatedProcess) -> Bool { process.owner == number && process.life == life }

    private func killDue() {
        for index in cluster.processes.indices.reversed() where isMine(cluster.processes[index]) {
            guard let at = cluster.processes[index].killAt, at <= cluster.time else { continue }
            cluster.end(index)
        }
    }
}
