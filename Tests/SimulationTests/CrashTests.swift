import PipelineCore
import PipelineTestSupport
import Testing

/// One scenario, and a crash before, directly after, and some time after each of its commits in turn (SQLite's way of
/// testing): whatever the moment, the run must come to the same end.
@Suite struct CrashTests {
    private func scenario() throws -> DAG {
        var builder = DAGBuilder("crash")
        builder.task("list") { $0.retry.retries = 2 }
        builder.task("each", after: ["list"]) {
            $0.expandInput = .result(of: "list")
            $0.retry.retries = 1
            $0.retry.delay = .seconds(20)
        }
        // A rule that does not ask which of a failure and a skip above came first: a crash may change that.
        builder.task("join", after: ["each"]) {
            $0.isEmpty = true
            $0.triggerRule = .noneFailed
        }
        builder.task("branch", after: ["list"]) { $0.canSkipDownstream = true }
        builder.task("left", after: ["branch"])
        builder.task("right", after: ["branch"])
        builder.task("last", after: ["left", "right", "join"]) { $0.triggerRule = .allDone }
        return try builder.build()
    }

    private func world(_ seed: UInt64, _ crash: (Int, SimulatedWorld.CrashPoint)?) throws -> SimulatedWorld {
        var faults = SimulatedWorld.Faults()
        faults.frequency = 0
        faults.people = false
        faults.crash = crash.map { (commit: $0.0, point: $0.1) }
        let world = SimulatedWorld(seed: seed, dag: try scenario(), faults: faults)
        world.run(steps: 0)
        return world
    }

    @Test(
        arguments: [1, 2, 3, 4, 5] as [UInt64],
        [.beforeCommit, .afterCommit, .afterEffects] as [SimulatedWorld.CrashPoint])
    func aCrashAtAnyCommitChangesNothingInTheEnd(_ seed: UInt64, _ point: SimulatedWorld.CrashPoint) throws {
        let undisturbed = try world(seed, nil)
        #expect(undisturbed.problems.isEmpty)
        #expect(undisturbed.commits > 10)
        for commit in 1...undisturbed.commits {
            let crashed = try world(seed, (commit, point))
            #expect(crashed.problems.isEmpty, "commit \(commit): \(crashed.problems.prefix(3))")
            #expect(crashed.finalStates == undisturbed.finalStates, "commit \(commit)")
        }
    }
}
