import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import LocalExecutor

struct ExternalTaskSensorOperationTests {
    private let harness = OperatorHarness(environment: ["AIRFLOW__API__BASE_URL": "http://here:8080/"])
    private static let date = Timestamp(seconds: 1_767_225_600)

    private func run(_ attributes: JSONObject) async throws -> OperatorHarness.Answer {
        let all: JSONObject = ["external_dag_id": "other", "timeout": 100.0, "poke_interval": 60.0]
        return await harness.run(
            try OperatorHarness.launch(
                ExternalTaskSensorOperation.operatorClass, all.merging(attributes), fields: ["external_dag_id"]))
    }

    private func add(_ taskID: String, _ state: TaskState) {
        var generator = SystemRandomNumberGenerator()
        let key = TaskInstanceKey(run: RunKey(dagID: "other", runID: "r"), taskID: taskID)
        var instance = TaskInstance(id: UUID7(at: Self.date, using: &generator), key: key)
        instance.state = state
        harness.service.state.withLock { $0.instances.append(instance) }
    }

    @Test func allTasksMustBeInAnAllowedState() async throws {
        add("a", .success)
        let waiting = try await run(["external_task_ids": ["a", "b"]])
        #expect(waiting.exception?.hasPrefix("AirflowSensorTimeout") == true)
        #expect(waiting.events.first == "Poking for tasks ['a', 'b'] in dag other on 2026-01-01T00:00:00+00:00 ... ")
        add("b", .success)
        #expect(try await run(["external_task_ids": ["a", "b"]]).outcome == .success())
    }

    @Test func failedStateFailsAndSkippedStateSkips() async throws {
        add("a", .failed)
        let failed = try await run(["external_task_id": "a", "failed_states": ["failed"]])
        #expect(
            failed.exception == "ExternalTaskFailedError: Some of the external tasks ['a'] in DAG other failed.")
        let soft = try await run(["external_task_id": "a", "failed_states": ["failed"], "soft_fail": true])
        #expect(
            soft.outcome
                == .skipped(reason: "Some of the external tasks ['a'] in DAG other failed. Skipping due to soft_fail."))
        let skipped = try await run(["external_task_id": "a", "skipped_states": ["failed"]])
        #expect(
            skipped.outcome
                == .skipped(
                    reason:
                        "Some of the external tasks ['a'] in DAG other reached a state in our "
                        + "states-to-skip-on list. Skipping."
                ))
    }

    @Test func wholeDAGIsWaitedForAtTheShiftedDate() async throws {
        var other = DAGRun(
            key: RunKey(dagID: "other", runID: "r"), type: .scheduled, runAfter: Self.date, triggeredBy: .timetable)
        other.logicalDate = Self.date - .seconds(3_600)
        other.state = .success
        harness.service.state.withLock { [other] in $0.runs = [other] }
        let answer = try await run(["execution_delta": ["__type": "timedelta", "__var": 3_600.0]])
        #expect(answer.events.first == "Poking for DAG 'other' on 2025-12-31T23:00:00+00:00 ... ")
        #expect(answer.outcome == .success())
    }

    @Test func linkIsPushedHoweverItEnds() async throws {
        let link: JSONValue = "http://here:8080/dags/other/runs/manual__1"
        let answer = try await run(["external_task_id": "a"])
        #expect(answer.xcoms["task/_link_ExternalDagLink"] == link)
    }

    @Test(arguments: [["external_task_group_id": "g"], ["deferrable": true]] as [JSONObject])
    func restGoesToPython(attributes: JSONObject) async throws {
        #expect(try await run(attributes).end == nil)
    }

    @Test func sameTaskTwiceIsRefused() async throws {
        let answer = try await run(["external_task_ids": ["a", "a"]])
        #expect(answer.exception == "ValueError: Duplicate task_ids passed in external_task_ids parameter")
    }
}
