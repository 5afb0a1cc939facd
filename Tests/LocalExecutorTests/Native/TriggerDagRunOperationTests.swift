import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import LocalExecutor

struct TriggerDagRunOperationTests {
    private let harness = OperatorHarness(environment: ["AIRFLOW__API__BASE_URL": "http://here:8080"])
    private static let fields = TriggerDagRunOperation.templateFields

    private func run(_ attributes: JSONObject) async throws -> OperatorHarness.Answer {
        let all: JSONObject = ["trigger_dag_id": "target", "allowed_states": ["success"], "failed_states": ["failed"]]
        return await harness.run(
            try OperatorHarness.launch(
                TriggerDagRunOperation.operatorClass, all.merging(attributes), fields: Self.fields))
    }

    private var trigger: TriggerRequest? { harness.service.state.withLock { $0.triggers.first } }

    @Test func triggersARunWithRenderedArguments() async throws {
        let answer = try await run([
            "trigger_run_id": "from_{{ run_id }}", "conf": ["day": "{{ ds }}", "n": 1],
            "logical_date": "{{ logical_date }}",
        ])
        #expect(trigger?.runID == "from_manual__1")
        #expect(trigger?.conf == ["day": "2026-01-01", "n": 1])
        #expect(trigger?.logicalDate == .some(Timestamp(seconds: 1_767_225_600)))
        #expect(trigger?.type == .operatorTriggered)
        #expect(answer.xcoms["task/trigger_run_id"] == "from_manual__1")
        #expect(answer.xcoms["task/_link_TriggerDagRunLink"] == "http://here:8080/dags/target/runs/from_manual__1")
        #expect(answer.events == ["Triggering Dag Run.", "Dag Run triggered successfully."])
        #expect(answer.outcome == .success())
    }

    @Test func runWithoutIDIsNamedByTheClock() async throws {
        _ = try await run([:])
        #expect(trigger?.runID == "manual__2026-01-01T00:00:00+00:00")
        #expect(trigger?.logicalDate == .some(Timestamp(seconds: 1_767_225_600)))
    }

    @Test func runWithoutLogicalDateGetsARandomName() async throws {
        _ = try await run(["logical_date": .null])
        #expect(trigger?.logicalDate == .some(nil))
        #expect(trigger?.runID?.count == "manual__2026-01-01T00:00:00+00:00_12345678".count)
    }

    @Test func missingDAGFailsTheTaskAndLeavesAnEmptyLink() async throws {
        harness.service.state.withLock { $0.knownDAGs = [] }
        let answer = try await run([:])
        #expect(
            answer.exception
                == "AirflowRuntimeError: API_SERVER_ERROR: {'status_code': 404, 'message': 'Server returned error', "
                + "'detail': {'detail': {'reason': 'not_found', 'message': \"Dag with dag_id: 'target' not found\"}}}")
        #expect(answer.xcoms == ["task/_link_TriggerDagRunLink": "http://here:8080/dags/target/runs/None"])
    }

    @Test func existingRunFailsOrSkips() async throws {
        harness.service.state.withLock { $0.existingRuns = ["there"] }
        let failed = try await run(["trigger_run_id": "there"])
        #expect(failed.outcome == .failed(reason: "Dag Run already exists, marking task as failed."))
        let skipped = try await run(["trigger_run_id": "there", "skip_when_already_exists": true])
        #expect(skipped.outcome == .skipped())
        #expect(
            skipped.events.last
                == "Dag Run already exists, skipping task as skip_when_already_exists is set to True.")
    }

    @Test func waitingPollsUntilAnAllowedState() async throws {
        harness.service.state.withLock { $0.runStates = [.running, .running, .success] }
        let answer = try await run(["wait_for_completion": true, "poke_interval": 30])
        #expect(harness.clock.sleeps == Array(repeating: .seconds(30), count: 3))
        #expect(answer.events.last == "DagRun finished with allowed state.")
        #expect(answer.outcome == .success())
    }

    @Test func waitingFailsOnAFailedState() async throws {
        harness.service.state.withLock { $0.runStates = [.failed] }
        let answer = try await run(["wait_for_completion": "True"])
        #expect(answer.outcome == .failedMayRetry(reason: "target failed with failed state failed"))
        #expect(answer.lines.contains { $0.level == "error" && $0.event == "DagRun finished with failed state." })
    }

    @Test(arguments: [
        ["deferrable": true], ["reset_dag_run": true], ["fail_when_dag_is_paused": true],
        ["logical_date": "2026-01-01T00:00:00+02:00"], ["logical_date": "next week"],
        ["logical_date": ["__type": "datetime", "__var": 0.0]], ["run_after": "{{ 'later' }}"],
    ] as [JSONObject])
    func restGoesToPython(attributes: JSONObject) async throws {
        #expect(try await run(attributes).end == nil)
        #expect(trigger == nil)
    }

    @Test func confThatIsNoDictionaryIsRefused() async throws {
        let answer = try await run(["conf": "[1"])
        #expect(answer.exception == "ValueError: conf parameter should be JSON Serializable: [1")
    }
}
