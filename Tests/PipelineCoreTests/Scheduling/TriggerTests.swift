import PipelineCore
import PipelineTestSupport
import Testing

/// Tasks that wait for a trigger, in the state machine.
@Suite struct TriggerTests {
    private static let dateTime = "airflow.providers.standard.triggers.temporal.DateTimeTrigger"

    private func script(_ configure: (inout TaskDefinition) -> Void = { _ in }) throws -> MachineScript {
        var builder = DAGBuilder()
        builder.task("a", configure)
        builder.task("b", after: ["a"])
        let script = MachineScript()
        script.send(.runCreated(script.newRun(try builder.build())))
        return script
    }

    private func deferral(
        _ name: String = "T", _ kwargs: JSONValue = .null, timeout: Duration? = nil
    ) -> TaskOutcome.Deferral {
        TaskOutcome.Deferral(
            triggerClass: name, triggerKwargs: kwargs, timeout: timeout, nextMethod: "execute_complete",
            nextKwargs: ["k": 2])
    }

    private func wait(_ script: MachineScript, _ deferral: TaskOutcome.Deferral? = nil) throws -> LaunchID {
        let launch = try #require(script.launch("a"))
        script.end("a", -1, .deferred(deferral ?? self.deferral()))
        #expect(script.state("a") == .deferred)
        return launch.id
    }

    @Test func aLateWordOfAnOlderDeferralChangesNothing() throws {
        let script = try script()
        let first = try wait(script)
        script.send(.triggerFired(first, .event(1)))
        let second = try wait(script)
        #expect(second.tryID == first.tryID && second.number == first.number + 1)
        for outcome: TriggerOutcome in [.event(2), .taskSucceeded, .failed(traceback: nil)] {
            #expect(script.send(.triggerFired(first, outcome)).isEmpty)
        }
        #expect(script.state("a") == .deferred)
        script.send(.triggerFired(second, .event(3)))
        #expect(script.launch("a")?.instance.nextKwargs == ["k": 2, "event": 3])
    }

    @Test func whatIsWaitedForIsExplained() throws {
        let script = try script()
        _ = try wait(script, deferral("own.Trigger", timeout: .seconds(5)))
        let check = script.machine.explain(script.key("a"), now: script.now).first { !$0.passed }
        #expect(check?.name == "Trigger" && check?.until == script.now + .seconds(5))
        #expect(check?.reason.contains("own.Trigger") == true)
        // Nobody is told that the run stands still: it waits for something.
        #expect(script.machine.standstill(of: script.key("a").run, now: script.now).isEmpty)
    }

    @Test func aWordThatComesTwiceResumesOnce() throws {
        let script = try script()
        let id = try wait(script)
        script.send(.triggerFired(id, .event(1)))
        #expect(script.send(.triggerFired(id, .event(1))).isEmpty)
        #expect(script.launches.count == 1)
        script.start("a")
        #expect(script.send(.triggerFired(id, .event(1))).isEmpty)
        #expect(script.state("a") == .running)
    }

    @Test func aTriggerThatFailedResumesTheTaskToFail() throws {
        let script = try script()
        script.send(.triggerFired(try wait(script), .failed(traceback: ["Traceback\n", "ValueError: no\n"])))
        let resumed = try #require(script.launch("a")).instance
        #expect(resumed.nextMethod == "__fail__")
        #expect(
            resumed.nextKwargs == ["error": "Trigger failure", "traceback": ["Traceback\n", "ValueError: no\n"]])
    }

    @Test func aTriggerMayEndItsTask() throws {
        for (outcome, state) in [
            (TriggerOutcome.taskSucceeded, TaskState.success), (.taskFailed, .failed), (.taskSkipped, .skipped),
        ] {
            let script = try script()
            script.send(.triggerFired(try wait(script), outcome))
            #expect(script.state("a") == state)
            #expect(script.row("a")?.nextMethod == nil && script.row("a")?.triggerClass == nil)
            #expect(script.state("b") == (state == .success ? .queued : state == .failed ? .upstreamFailed : .skipped))
            #expect(script.machine.audit().isEmpty)
        }
    }

    @Test func aTryThatItsTriggerFailedIsTriedAgain() throws {
        let script = try script { $0.retry.retries = 1 }
        script.send(.triggerFired(try wait(script), .taskFailed))
        #expect(script.state("a") == .upForRetry)
        #expect(script.archive.map(\.state) == [.failed])
    }

    @Test(arguments: [false, true])
    func aMomentIsATimerOfTheMachine(_ endsTask: Bool) throws {
        let script = try script()
        let moment = script.now + .seconds(90)
        let kwargs: JSONValue = ["moment": SerdeTime.encoded(moment), "end_from_trigger": .bool(endsTask)]
        _ = try wait(script, deferral(Self.dateTime, kwargs))
        #expect(script.machine.nextWake == moment)
        script.pass(.seconds(89))
        #expect(script.state("a") == .deferred)
        script.pass(.seconds(1))
        #expect(script.state("a") == (endsTask ? .success : .queued))
        let expected: JSONValue = ["k": 2, "event": SerdeTime.encoded(moment)]
        if !endsTask { #expect(script.launch("a")?.instance.nextKwargs == expected) }
    }

    @Test func theEarlierOfMomentAndTimeoutCounts() throws {
        for (timeout, method) in [(60, "__fail__"), (120, "execute_complete")] {
            let script = try script()
            let kwargs: JSONValue = ["moment": SerdeTime.encoded(script.now + .seconds(90))]
            _ = try wait(script, deferral(Self.dateTime, kwargs, timeout: .seconds(timeout)))
            script.pass(.seconds(600))
            #expect(script.launch("a")?.instance.nextMethod == method)
        }
    }

    @Test func aMomentIsStillWaitedForAfterARestart() throws {
        let script = try script()
        let moment = script.now + .seconds(90)
        _ = try wait(script, deferral(Self.dateTime, ["moment": SerdeTime.encoded(moment)]))
        var builder = DAGBuilder()
        builder.task("a")
        builder.task("b", after: ["a"])
        let snapshot = try #require(script.snapshot(try builder.build()))
        script.machine = SchedulerStateMachine(
            limits: SchedulerLimits(), pools: [Pool(name: Pool.defaultName, slots: 8)], seed: 2)
        script.send(.runLoaded(snapshot))
        script.send(.timeReached)
        #expect(script.machine.nextWake == moment)
        script.pass(.seconds(90))
        #expect(script.launch("a")?.isResume == true)
    }

    @Test func aTryMayBeginInItsTrigger() throws {
        let script = try script {
            $0.startInTrigger = deferral(timeout: .seconds(100))
            $0.executionTimeout = .seconds(60)
            $0.retry.retries = 1
        }
        #expect(script.launches.isEmpty)
        let row = try #require(script.row("a"))
        #expect((row.state, row.tryNumber, row.startDate) == (.deferred, 1, script.now))
        #expect(row.triggerTimeout == script.now + .seconds(60))
        script.send(.triggerFired(LaunchID(tryID: row.id, number: row.launchNumber), .event("now")))
        let resumed = try #require(script.launch("a"))
        #expect(resumed.isResume && resumed.instance.nextKwargs == ["k": 2, "event": "now"])
        #expect(resumed.id.number > row.launchNumber)
        script.end("a", -1, .failedMayRetry(reason: "no"))
        script.pass(.seconds(400))
        #expect(script.state("a") == .deferred)
        #expect(script.row("a")?.tryNumber == 2)
        #expect(script.machine.audit().isEmpty)
    }

    @Test func anAnswerResumesATaskThatWaitsForAPersonAndTimeDoesNot() throws {
        let script = try script()
        let launch = try #require(script.launch("a"))
        script.end("a", -1, .awaitingInput(deferral("", timeout: .seconds(5))))
        #expect(script.row("a")?.triggerTimeout == script.now + .seconds(5))
        script.pass(.seconds(60))
        #expect(script.state("a") == .awaitingInput)
        script.send(.triggerFired(launch.id, .event(["chosen_options": ["Approve"]])))
        #expect(script.launch("a")?.instance.nextKwargs == ["k": 2, "event": ["chosen_options": ["Approve"]]])
    }
}
