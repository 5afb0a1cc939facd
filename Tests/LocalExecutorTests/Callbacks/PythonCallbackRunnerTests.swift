import Glibc
import PipelineCore
import Testing

@testable import LocalExecutor

/// Real callbacks in real processes; `PIPELINE_TEST_PYTHON` names their interpreter.
@Suite(.enabled(if: getenv("PIPELINE_TEST_PYTHON") != nil, "set PIPELINE_TEST_PYTHON to a Python with the Task SDK"))
struct PythonCallbackRunnerTests {
    @Test func everyCallbackOfADAGIsCalledThoughOneFails() async throws {
        let bench = try CallbackBench(dagID: "tells")
        let request = bench.request("tells", .dag(isFailure: true, reason: "task_failure", task: CallbackBench.task()))
        #expect(await bench.runner.run(request) == .failed(reason: "ValueError: no"))
        #expect(
            try bench.told(request) == [
                [
                    "run_id": "manual__1", "dag_id": "tells", "reason": "task_failure", "conf": ["x": 1],
                    "task": ["t", -1, 2, 0],
                ]
            ])
        #expect(try bench.log(request).contains { $0["event"] == "Callback failed" })
    }

    @Test func withoutATaskTheContextIsSmall() async throws {
        let bench = try CallbackBench(dagID: "tells")
        let request = bench.request("tells", .dag(isFailure: false, reason: "success", task: nil))
        #expect(await bench.runner.run(request) == .done)
        #expect(
            try bench.told(request) == [
                ["run_id": "manual__1", "dag_id": "tells", "reason": "success", "conf": .null, "task": .null]
            ])
    }

    @Test(arguments: [("t", -1, true), ("t", -1, false), ("m", 1, false)])
    func aTasksCallbackIsLoggedWithItsTry(_ taskID: String, _ mapIndex: Int, _ isRetry: Bool) async throws {
        let bench = try CallbackBench(dagID: "tells")
        let task = CallbackBench.task(taskID, mapIndex: mapIndex)
        let request = bench.request("tells", .task(task, isRetry: isRetry, message: "gone"))
        #expect(await bench.runner.run(request) == .done)
        #expect(try bench.told(request).first?["task"] == [.string(taskID), .int(mapIndex), 2, 2])
        #expect(request.logPath.contains("task_id=\(taskID)/") && request.logPath.hasSuffix("attempt=2.log"))
    }

    @Test func callbacksAskAsTasksDo() async throws {
        let bench = try CallbackBench(dagID: "asks")
        let request = bench.request("asks", .dag(isFailure: true, reason: "task_failure", task: nil))
        #expect(await bench.runner.run(request) == .done)
        // What is secret does not reach the log.
        #expect(try bench.told(request) == [["plain text", "***", "plain text"]])
    }

    @Test(arguments: ["hangs", "hangs_on"]) func aHangingCallbackHasATimeLimit(_ dagID: String) async throws {
        let bench = try CallbackBench(dagID: dagID) { settings in
            (settings.timeLimit, settings.grace) = (.seconds(3), .milliseconds(200))
        }
        let request = bench.request(dagID, .dag(isFailure: true, reason: "task_failure", task: nil))
        #expect(await bench.runner.run(request) == .failed(reason: "it took longer than 3.0 s"))
        #expect(try bench.log(request).last?["level"] == "error")
    }

    @Test func aCancelledCallbackIsInterrupted() async throws {
        let bench = try CallbackBench(dagID: "hangs") { $0.grace = .milliseconds(200) }
        let request = bench.request("hangs", .dag(isFailure: true, reason: "task_failure", task: nil))
        let running = Task { await bench.runner.run(request) }
        while try !bench.log(request).contains(where: { $0["event"] == "Executing on_failure dag callback" }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        running.cancel()
        #expect(await running.value == .interrupted)
    }

    @Test func aProcessThatLeavesHasFailed() async throws {
        let bench = try CallbackBench(dagID: "leaves")
        let request = bench.request("leaves", .dag(isFailure: true, reason: "task_failure", task: nil))
        #expect(await bench.runner.run(request) == .failed(reason: "its process ended with code 9"))
    }

    @Test func aDAGThatHasGoneIsSaid() async throws {
        let bench = try CallbackBench(dagID: "gone")
        let request = bench.request("gone", .dag(isFailure: true, reason: "task_failure", task: nil))
        guard case .failed(let reason) = await bench.runner.run(request) else {
            Issue.record("it did not fail")
            return
        }
        #expect(reason.contains("'gone' not found"))
    }

    // MARK: - Deadlines

    private static let delta: JSONValue = ["__classname__": "datetime.timedelta", "__version__": 2, "__data__": 90.0]

    private func deadline(_ path: String, _ kwargs: JSONObject, isAsync: Bool = false) -> CallbackWork {
        .deadline(
            DeadlineCallback(isAsync: isAsync, path: path, kwargs: kwargs), deadlineID: UUID7(high: 1, low: 2),
            deadlineTime: Timestamp(seconds: 1_767_268_800))
    }

    @Test func aSyncCallbackMayStandInTheDAGFile() async throws {
        let bench = try CallbackBench(dagID: "tells")
        let request = bench.request(
            "tells", deadline("unusual_prefix_0123_told.sync_told", ["text": "late", "wait": Self.delta]))
        #expect(await bench.runner.run(request) == .done)
        #expect(
            try bench.told(request) == [
                ["text": "late", "wait": 90.0, "run": "manual__1", "state": "failed", "deadline": "datetime"]
            ])
    }

    @Test func aSyncCallbackMayBeANotifierOrDoWithoutContext() async throws {
        let bench = try CallbackBench(dagID: "tells")
        let notifier = bench.request("tells", deadline("told.Notifier", ["text": "late"]))
        #expect(await bench.runner.run(notifier) == .done)
        #expect(await bench.runner.run(bench.request("tells", deadline("told.without_context", ["text": "x"]))) == .done)
        #expect(try bench.told(notifier) == [["late", "tells"], "x"])
    }

    @Test func aSyncCallbackThatFailsSaysWhy() async throws {
        let bench = try CallbackBench(dagID: "tells")
        let end = await bench.runner.run(bench.request("tells", deadline("told.missing", [:])))
        guard case .failed(let reason) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(reason.contains("AttributeError"))
    }

    @Test func anAsyncCallbackRunsInTheTriggerHost() async throws {
        let bench = try CallbackBench(dagID: "tells")
        let request = bench.request(
            "tells", deadline("callables.tell", ["text": "late", "wait": Self.delta], isAsync: true))
        let end = await bench.runner.run(request)
        await bench.triggers.shutdown()
        #expect(end == .done)
        #expect(try bench.log(request).contains { $0["event"] == "told late 0:01:30 manual__1" })
    }

    @Test func anAsyncCallbackThatFailsSaysWhy() async throws {
        let bench = try CallbackBench(dagID: "tells")
        let end = await bench.runner.run(bench.request("tells", deadline("callables.fail", [:], isAsync: true)))
        await bench.triggers.shutdown()
        guard case .failed(let reason) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(reason.contains("ValueError: no"))
    }

    @Test func anAsyncCallbackHasATimeLimit() async throws {
        let bench = try CallbackBench(dagID: "tells") { $0.timeLimit = .seconds(5) }
        let end = await bench.runner.run(bench.request("tells", deadline("callables.hang", [:], isAsync: true)))
        await bench.triggers.shutdown()
        #expect(end == .failed(reason: "it took longer than 5.0 s"))
    }
}
