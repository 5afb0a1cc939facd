import PipelineCore

extension SimulatedCluster {
    /// Some time passes: a moment where somebody is busy, until something is due where nobody is.
    func passTime() {
        if isCalm, let leader = leaders.first {
            return skip(until: leader)
        }
        let milliseconds = [10, 100, 400, 1_500, 4_000].randomElement(using: &random) ?? 10
        advance(.milliseconds(milliseconds))
    }

    /// One scheduler leads and is well, nobody else is about to do anything, and nothing is due.
    private var isCalm: Bool {
        processes.isEmpty && isWithoutPods && leaders.count == 1
            && schedulers.allSatisfy { scheduler in
                !scheduler.isFrozen && !scheduler.isCutFromStore && !scheduler.hasWork
                    && (scheduler.isLeading || scheduler.phase == .standby) && scheduler.awaitedLosses.isEmpty
                    && (!scheduler.isLeading || scheduler.epoch == store.core.epoch)
            }
    }

    private var isWithoutPods: Bool { scenario.breakage == .keepsPods ? pods.allSatisfy(\.hasEnded) : pods.isEmpty }

    /// It renews its lease all the while.
    private func skip(until leader: SimulatedScheduler) {
        var wait = Duration.seconds(Int.random(in: 1...60, using: &random))
        if let due = leader.nextWake { wait = max(.milliseconds(1), min(due - leader.wall, .seconds(86_400))) }
        time += wait
        leader.tenure.renew(askedAt: time)
        leader.nextRenewal = time + LeaseTenure.renewal
        _ = store.core.renewLease(epoch: leader.epoch, at: databaseTime)
        for scheduler in schedulers where !scheduler.isLeading { scheduler.nextClaim = time + LeaseTenure.renewal / 2 }
    }

    static let promptly = Duration.milliseconds(10)

    /// Every process does what is due by its own clock, at its moment.
    func advance(_ duration: Duration) {
        let end = time + duration
        while time < end {
            // What should have been done while it stood still it does at once.
            let next = schedulers.compactMap(\.deadline).map { max($0, time + Self.promptly) }.min() ?? end
            time = min(next, end)
            for scheduler in schedulers { scheduler.keepTime() }
        }
    }
}
