import PipelineCore
import PipelineTestSupport
import Testing

/// What the state machine asks for when runs and tasks end.
@Suite struct CallbackWishTests {
    private func script(
        rules: [NotificationRule] = [], _ configure: (inout DAGBuilder) -> Void
    ) throws -> (MachineScript, DAG) {
        var builder = DAGBuilder()
        (builder.header.hasOnSuccessCallback, builder.header.hasOnFailureCallback) = (true, true)
        configure(&builder)
        let dag = try builder.build()
        let script = MachineScript(notifications: rules)
        script.send(.runCreated(script.newRun(dag)))
        return (script, dag)
    }

    private func works(_ script: MachineScript) -> [CallbackWork] {
        script.otherChanges.compactMap { if case .saveCallback(let request) = $0 { request.work } else { nil } }
    }

    /// Kind, whether it is about a failure or a retry, what it says, and the task.
    private func shown(_ script: MachineScript) -> [String] {
        works(script).map { work in
            switch work {
            case .dag(let isFailure, let reason, let task): "dag \(isFailure) \(reason) \(task?.taskID ?? "-")"
            case .task(let task, let isRetry, let text): "task \(isRetry) \(text) \(task.taskID) \(task.tryNumber)"
            case .email(let task, let isRetry, let text): "email \(isRetry) \(text) \(task.taskID) \(task.tryNumber)"
            case .webhook(_, let body): "webhook \(body["event"]?.stringValue ?? "") \(body["task_id"]?.stringValue ?? "-")"
            case .deadline: "deadline"
            }
        }
    }

    @Test func aSuccessIsAboutTheTaskThatEndedLast() throws {
        let (script, _) = try script { builder in for id in ["a", "b"] { builder.task(id) } }
        script.end("b")
        script.now = script.now + .seconds(1)
        #expect(works(script).isEmpty)
        script.end("a")
        #expect(shown(script) == ["dag false success a"])
    }

    @Test func aFailureIsAboutTheTaskThatFailed() throws {
        let (script, _) = try script { builder in
            builder.task("a")
            builder.task("b", after: ["a"])
        }
        script.end("a", -1, .failed(reason: "no"))
        #expect(shown(script) == ["dag true task_failure a"])
    }

    @Test func aTimeoutIsAboutWhatRanLast() throws {
        let (script, _) = try script { builder in
            builder.header.dagRunTimeout = .seconds(60)
            for id in ["a", "b"] { builder.task(id) }
        }
        script.start("b")
        script.pass(.seconds(1))
        script.start("a")
        script.pass(.seconds(60))
        #expect(shown(script) == ["dag true timed_out a"])
        script.pass(.seconds(60))
        #expect(works(script).count == 1)
    }

    @Test func aCancelledRunHasFailed() throws {
        let (script, dag) = try script { $0.task("a") }
        script.send(.runCancelled(RunKey(dagID: dag.id, runID: "r1"), reason: "cancelled"))
        script.send(.runCancelled(RunKey(dagID: dag.id, runID: "r1"), reason: "cancelled"))
        #expect(shown(script) == ["dag true cancelled a"])
    }

    @Test func aStateThatIsSetEndsTheRunLikeAnyOther() throws {
        let (script, _) = try script { $0.task("a") }
        script.send(.taskStateSet(script.key("a"), .failed))
        #expect(shown(script) == ["dag true task_failure a"])
    }

    @Test func aDeadlockIsAboutWhatIsBlocked() throws {
        let (script, _) = try script { builder in
            builder.task("a")
            builder.task("b", after: ["a"]) { $0.endDate = Timestamp(microseconds: 0) }
            builder.task("c", after: ["b"])
        }
        script.end("a")
        #expect(shown(script) == ["dag true all_tasks_deadlocked c"])
    }

    @Test func aClearedRunEndsAgain() throws {
        let (script, dag) = try script { $0.task("a") }
        script.end("a")
        script.send(.runLoaded(try #require(script.snapshot(dag))))
        script.send(.tasksCleared(ClearRequest(run: RunKey(dagID: dag.id, runID: "r1"))))
        script.end("a", -1, .failed(reason: "no"))
        #expect(shown(script) == ["dag false success a", "dag true task_failure a"])
    }

    @Test func aDAGWithoutCallbacksAsksForNothing() throws {
        let (script, _) = try script { builder in
            (builder.header.hasOnSuccessCallback, builder.header.hasOnFailureCallback) = (false, true)
            builder.task("a")
        }
        script.end("a")
        #expect(works(script).isEmpty)
    }

    // MARK: - Tasks

    private func task(_ configure: (inout TaskDefinition) -> Void) throws -> MachineScript {
        try script { builder in
            (builder.header.hasOnSuccessCallback, builder.header.hasOnFailureCallback) = (false, false)
            builder.task("a") { task in
                (task.callbacks.hasOnFailure, task.callbacks.hasOnRetry) = (true, true)
                task.callbacks.hasEmail = true
                configure(&task)
            }
        }.0
    }

    @Test func aProcessThatDiedLeavesItsCallbacksToTheScheduler() throws {
        let script = try task {
            $0.retry.retries = 1
            $0.retry.delay = .zero
        }
        script.end("a", -1, .died(reason: "gone"))
        #expect(shown(script) == ["task true gone a 1", "email true gone a 1"])
        script.pass(.seconds(1))
        script.end("a", -1, .died(reason: "gone again"))
        #expect(shown(script).suffix(2) == ["task false gone again a 2", "email false gone again a 2"])
        #expect(script.state("a") == .failed)
    }

    @Test func aFinalDeathIsNotRetried() throws {
        let script = try task { $0.retry.retries = 1 }
        script.end("a", -1, .died(reason: "no such image", isFinal: true))
        #expect(shown(script) == ["task false no such image a 1", "email false no such image a 1"])
        #expect(script.state("a") == .failed)
    }

    @Test func aProcessThatSaidHowItEndedHasRunThem() throws {
        let script = try task { _ in }
        script.end("a", -1, .failedMayRetry(reason: "ValueError: no"))
        #expect(works(script).isEmpty)
    }

    @Test func onlyWhatIsThereIsAskedFor() throws {
        let script = try task { task in
            task.callbacks.hasOnFailure = false
            task.callbacks.emailOnFailure = false
        }
        script.end("a", -1, .died(reason: "gone"))
        #expect(works(script).isEmpty)
    }

    @Test func lostForGoodIsADeath() throws {
        let script = try task { _ in }
        for _ in 0...script.machine.limits.maximumLosses {
            let launch = try #require(script.launch("a"))
            script.start("a")
            script.forgetLaunch(launch.id)
            script.send(.taskLost(launch.id, reason: "the node is gone"))
        }
        #expect(works(script).count == 2)
        #expect(script.state("a") == .failed)
    }

    @Test func aLaunchThatCouldNotBeMadeIsADeath() throws {
        let script = try task { _ in }
        script.send(.launchFailed(try #require(script.launch("a")).id, reason: "no memory"))
        #expect(shown(script) == ["task false no memory a 1", "email false no memory a 1"])
    }

    @Test func aTriggerThatFailsItsTaskIsADeath() throws {
        let script = try task { _ in }
        let launch = try #require(script.launch("a"))
        let deferral = TaskOutcome.Deferral(
            triggerClass: "own.T", triggerKwargs: [:], timeout: nil, nextMethod: "go", nextKwargs: [:])
        script.end("a", -1, .deferred(deferral))
        script.send(.triggerFired(launch.id, .taskFailed))
        #expect(shown(script).first == "task false its trigger ended it as failed a 1")
    }

    @Test func aTaskWithoutPythonHasSomebodyToWriteTo() throws {
        let script = try task { task in
            (task.callbacks.hasOnFailure, task.callbacks.hasOnRetry) = (false, false)
            task.native = NativeOperator(operatorClass: "x.BashOperator", attributes: [:])
        }
        script.end("a", -1, .failed(reason: "exit code 1"))
        #expect(shown(script) == ["email false exit code 1 a 1"])
    }

    // MARK: - Notifications

    @Test func rulesAreToldOfWhatTheyAskedFor() throws {
        let rules = [
            NotificationRule(target: "http://a", events: [.failure, .taskFailure], dagIDs: ["dag"]),
            NotificationRule(target: "http://b", events: [.success]),
            NotificationRule(target: "http://c", events: [.failure], dagIDs: ["other"]),
        ]
        let (script, _) = try script(rules: rules) { builder in
            builder.header.hasOnFailureCallback = false
            builder.task("a") { $0.retry.retries = 1; $0.retry.delay = .zero }
        }
        script.end("a", -1, .failedMayRetry(reason: "no"))
        #expect(works(script).isEmpty)
        script.pass(.seconds(1))
        script.end("a", -1, .failedMayRetry(reason: "no"))
        #expect(shown(script) == ["webhook task_failure a", "webhook failure -"])
        guard case .webhook(let target, let body)? = works(script).last else {
            Issue.record("no webhook")
            return
        }
        #expect(target == "http://a")
        #expect(body["reason"] == "task_failure" && body["state"] == "failed" && body["run_id"] == "r1")
    }
}
