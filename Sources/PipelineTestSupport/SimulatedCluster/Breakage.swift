/// One thing that the schedulers of a ``SimulatedCluster`` do wrong on purpose: a simulation that does not notice is worth
/// nothing. Each stands for a line of the program that might be missing.
package enum Breakage: String, Sendable, CaseIterable {
    /// Commits carry the epoch in force, not the one of the leadership under which they were decided.
    case forgedEpoch = "forged_epoch"
    /// What was committed is launched without a look at the lease.
    case launchWithoutLease = "launch_without_lease"
    /// Local tasks are ended only when the turn under way is over.
    case endsAfterTurn = "ends_after_turn"
    /// A queued row does not name the machine that launches it: it is launched again at once by whoever takes over.
    case namelessLaunches = "nameless_launches"
    /// What ran on another machine is launched again without waiting for its end.
    case relaunchAtOnce = "relaunch_at_once"
    /// A leader goes on until its lease is over, without the margin.
    case noMargin = "no_margin"
    /// A trigger's word counts for whatever the try waits for now.
    case resumeByTry = "resume_by_try"
    /// The machine knows no pools.
    case noPools = "no_pools"
    /// A due run is created though there is one of its logical date.
    case runsTwice = "runs_twice"
    /// A run is created in one commit, and what caused it is written in the next.
    case twoCommits = "two_commits"
    /// A pod that is not found has succeeded.
    case successFromAbsence = "success_from_absence"
    /// A launch that is not found has failed.
    case failureFromAbsence = "failure_from_absence"
    /// The name of a pod depends on who makes it.
    case ownPodNames = "own_pod_names"
    /// Runs go on with the newest version of their DAG.
    case unpinned
    /// A finished pod is not deleted.
    case keepsPods = "keeps_pods"
}
