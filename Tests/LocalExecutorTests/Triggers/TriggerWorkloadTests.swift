import PipelineCore
import Testing

@testable import LocalExecutor

/// What the trigger runner is given.
@Suite struct TriggerWorkloadTests {
    private func workload(_ kwargs: JSONValue?, context: TriggerContext? = nil) throws -> JSONValue {
        var task = TaskInstance(
            id: UUID7(high: 1, low: 2), key: TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: "t"))
        (task.state, task.triggerClass, task.triggerKwargs) = (.deferred, "own.T", kwargs)
        task.triggerTimeout = Timestamp(seconds: 60)
        return TriggerWorkload.json(7, try #require(DeferredTrigger(task)), context: context)
    }

    @Test func argumentsAreText() throws {
        #expect(try workload(["a": 1])["encrypted_kwargs"]?.stringValue?.hasPrefix("{") == true)
        #expect(try workload(nil)["encrypted_kwargs"] == "{}")
        // A Fernet token is decrypted where the key is.
        #expect(try workload("gAAAAABtoken")["encrypted_kwargs"] == "gAAAAABtoken")
    }

    @Test func theTryAndTheTimeoutAreNamed() throws {
        let workload = try workload([:])
        #expect(workload["id"] == 7 && workload["type"] == "RunTrigger" && workload["classpath"] == "own.T")
        #expect(workload["timeout_after"] == "1970-01-01T00:01:00+00:00")
        #expect(workload["ti"]?["task_id"] == "t" && workload["ti"]?["map_index"] == -1)
        #expect(workload["dag_data"] == nil)
    }

    @Test func templatesHaveTheirDAGAndRun() throws {
        let run = DAGRun(
            key: RunKey(dagID: "d", runID: "r"), type: .manual, runAfter: Timestamp(seconds: 0), triggeredBy: .cli)
        let workload = try workload([:], context: TriggerContext(dag: ["dag": [:]], run: run))
        #expect(workload["dag_data"] == ["dag": [:]] && workload["dag_run_data"]?["run_id"] == "r")
    }
}
