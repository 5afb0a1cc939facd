import PipelineTestSupport
import Testing

/// Worlds in which something was wrong once, shrunk. What a seed makes happen moves with the simulation, so that each fault
/// has a test of its own beside the part that had it.
@Suite struct ClusterRegressionTests {
    @Test(arguments: [
        // A run whose time was over in the turn of its takeover kept its slots for ever: nobody looked for its process.
        "seed=75 schedulers=1 dags=3 steps=97 troubles=freeze,loss,pods_cut,runs,store_cut,wall_step",
        // A task with depends_on_past never heard of the run before, which was on a version without it.
        "seed=57 schedulers=1 dags=1 steps=129 troubles=events,pods_cut,push,repeats,runs",
        // max_active_tis_per_dag did not count runs on versions without it.
        "seed=74 schedulers=1 dags=3 steps=36 troubles=push,runs,wall_step",
        // The clock was set back before the first run that assets started: its window began after its events.
        "seed=189 schedulers=1 dags=1 steps=114 troubles=events,store_cut,wall_step",
        // Two requests about a run that was over came in at once: the second saw the tasks as they were before the first.
        "seed=885 schedulers=2 dags=3 steps=45 troubles=database_step,events,freeze,people,repeats",
    ])
    func whatWasWrongOnceIsRight(_ text: String) throws {
        let scenario = try #require(ClusterScenario(text))
        if let failure = scenario.failure(traces: true) { Issue.record("\(failure.report)") }
    }
}
