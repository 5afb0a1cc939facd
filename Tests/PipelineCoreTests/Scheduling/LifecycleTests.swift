import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct LifecycleTests {
    private func single(_ configure: (inout TaskDefinition) -> Void = { _ in }) throws -> DAG {
        var builder = DAGBuilder()
        builder.task("a", configure)
        return try builder.build()
    }

    private func started(_ dag: DAG) -> MachineScript {
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        return script
    }

    @Test func aDeferredTaskGoesOnAsANewLaunchOfTheSameTry() throws {
        let script = started(try single())
        let first = try #require(script.launch("a"))
        script.end("a", -1, .deferred(deferral(timeout: nil)))
        #expect(script.state("a") == .deferred)
        script.send(.triggerFired(first.id, .event(["x": 1])))
        let second = try #require(script.launch("a"))
        #expect(second.id == LaunchID(tryID: first.id.tryID, number: 2))
        #expect(second.isResume)
        #expect(second.instance.tryNumber == 1)
        #expect(second.instance.nextMethod == "execute_complete")
        #expect(second.instance.nextKwargs == ["k": 2, "event": ["x": 1]])
        #expect(script.otherChanges.isEmpty)
        // A late report of the first launch is not one of the second.
        #expect(script.send(.taskEnded(first.id, .failed(reason: "exit"))).isEmpty)
        script.end("a")
        #expect(script.state("a") == .success)
        #expect(script.row("a")?.nextMethod == nil)
    }

    private func deferral(timeout: Duration?) -> TaskOutcome.Deferral {
        TaskOutcome.Deferral(
            triggerClass: "T", triggerKwargs: .null, timeout: timeout, nextMethod: "execute_complete",
            nextKwargs: ["k": 2])
    }

    @Test func aTriggerThatTakesTooLongResumesTheTaskWithAFailure() throws {
        let script = started(try single())
        script.end("a", -1, .deferred(deferral(timeout: .seconds(5))))
        #expect(script.machine.nextWake == script.now + .seconds(5))
        script.pass(.seconds(5))
        #expect(script.launch("a")?.instance.nextMethod == "__fail__")
        #expect(script.launch("a")?.instance.nextKwargs == ["error": "Trigger timeout"])
    }

    @Test func aSensorPokesAgainInTheSameTry() throws {
        let script = started(try single { $0.isReschedulable = true })
        let first = try #require(script.launch("a"))
        script.end("a", -1, .upForReschedule(at: script.now + .seconds(30)))
        #expect(script.state("a") == .upForReschedule)
        script.pass(.seconds(30))
        let second = try #require(script.launch("a"))
        #expect((second.id.tryID, second.rescheduleCount, second.instance.tryNumber) == (first.id.tryID, 1, 1))
        guard case .saveReschedule(let poke)? = script.otherChanges.first else { throw Missing() }
        #expect(poke.tryID == first.id.tryID)
    }

    private struct Missing: Error {}

    @Test func lostLaunchesHaveABudgetOfTheirOwn() throws {
        let script = started(try single())
        for number in 1...3 {
            let launch = try #require(script.launch("a"))
            #expect(launch.id.number == number)
            script.forgetLaunch(launch.id)
            script.send(.taskLost(launch.id, reason: "node gone"))
            #expect((script.state("a"), script.row("a")?.tryNumber) == (.queued, 1))
        }
        let last = try #require(script.launch("a"))
        script.send(.taskLost(last.id, reason: "node gone"))
        #expect(script.state("a") == .failed)
        #expect(script.row("a")?.reason == "lost 4 times, the last time because: node gone")
    }

    @Test func stopsOfPipelineItselfAreNoLosses() throws {
        let script = started(try single())
        for number in 1...10 {
            let launch = try #require(script.launch("a"))
            #expect(launch.id.number == number)
            script.forgetLaunch(launch.id)
            script.send(.taskStopped(launch.id, reason: "stopped"))
            #expect((script.state("a"), script.row("a")?.tryNumber, script.row("a")?.lossCount) == (.queued, 1, 0))
        }
    }

    @Test func outletsOfASuccessAreRecorded() throws {
        let script = started(try single())
        script.end("a", -1, .success(outlets: ["o"], outletEvents: []))
        #expect(
            script.otherChanges
                == [.saveAssetEvents(task: script.key("a"), outlets: ["o"], events: [], at: script.now)])
    }

    @Test func aRestartGoesOnFromTheStoreWithoutExceedingLimits() throws {
        var builder = DAGBuilder()
        builder.task("a") { $0.pool = "p" }
        builder.task("b") { $0.pool = "p" }
        let dag = try builder.build()
        let script = MachineScript(pools: [Pool(name: "p", slots: 1)])
        script.send(.runCreated(script.newRun(dag, "r1", logicalDate: script.now - .seconds(2))))
        script.send(.runCreated(script.newRun(dag, "r2", logicalDate: script.now - .seconds(1))))
        script.end("a", run: "r1")
        script.end("b", run: "r1")
        let held = try #require(script.launch("a", run: "r2"))
        let snapshots = ["r2"].compactMap { script.snapshot(dag, run: $0) }
        let again = MachineScript(pools: [Pool(name: "p", slots: 1)])
        for snapshot in snapshots { #expect(again.send(.runLoaded(snapshot)).isEmpty) }
        #expect(again.machine.nextWake == again.now)
        again.send(.timeReached)
        #expect(again.launches.isEmpty)
        again.send(.taskEnded(held.id, .success()))
        #expect(again.launches.map(\.task.id) == ["b"])
        #expect(again.machine.audit().isEmpty)
    }

    @Test func aTaskWaitsForItselfInTheRunBefore() throws {
        let dag = try single { $0.dependsOnPast = true }
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag, "r1", logicalDate: script.now - .seconds(2))))
        script.send(.runCreated(script.newRun(dag, "r2", logicalDate: script.now - .seconds(1))))
        #expect(script.state("a", run: "r2") == nil)
        let waits = script.machine.explain(script.key("a", run: "r2"), now: script.now).filter { !$0.passed }
        #expect(waits.map(\.name) == ["Previous Dagrun State"])
        script.end("a", run: "r1")
        #expect(script.state("a", run: "r2") == .queued)
    }

    /// Found by the simulation: the run before stayed unheard, since its own version looks at no past.
    @Test func aTaskWaitsForTheRunBeforeOnAnotherVersion() throws {
        let script = MachineScript()
        let plain = try single { _ in }
        script.send(.runCreated(script.newRun(plain, "r1", logicalDate: script.now - .seconds(2))))
        let next = try single { $0.dependsOnPast = true }
        script.send(.runCreated(script.newRun(next, "r2", logicalDate: script.now - .seconds(1))))
        #expect(script.state("a", run: "r2") == nil)
        script.end("a", run: "r1")
        #expect(script.state("a", run: "r2") == .queued)
    }

    /// Found by the simulation: only instances of runs on versions with the limit were counted.
    @Test func aLimitOfATaskCountsRunsOnVersionsWithoutIt() throws {
        let script = MachineScript()
        let plain = try single { _ in }
        script.send(.runCreated(script.newRun(plain, "r1", logicalDate: script.now - .seconds(2))))
        let limited = try single { $0.maxActiveTIsPerDag = 1 }
        script.send(.runCreated(script.newRun(limited, "r2", logicalDate: script.now - .seconds(1))))
        #expect(script.state("a", run: "r2") == .scheduled)
        #expect(script.machine.audit().isEmpty)
        script.end("a", run: "r1")
        #expect(script.state("a", run: "r2") == .queued)
        #expect(script.machine.audit().isEmpty)
    }

    @Test func waitForDownstreamWaitsForWhatFollowsInTheRunBefore() throws {
        var builder = DAGBuilder()
        builder.task("a") { $0.waitForDownstream = true }
        builder.task("b", after: ["a"])
        let dag = try builder.build()
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag, "r1", logicalDate: script.now - .seconds(2))))
        script.send(.runCreated(script.newRun(dag, "r2", logicalDate: script.now - .seconds(1))))
        script.end("a", run: "r1")
        #expect(script.state("a", run: "r2") == nil)
        script.end("b", run: "r1")
        #expect(script.state("a", run: "r2") == .queued)
    }

    @Test func aFailedTaskOfTheStoredRunBeforeHoldsUpTheNext() throws {
        let dag = try single { $0.dependsOnPast = true }
        let script = MachineScript()
        var snapshot = script.newRun(dag)
        snapshot.previousRun = .init(key: RunKey(dagID: "dag", runID: "r0"), states: ["a": [.failed]])
        script.send(.runCreated(snapshot))
        #expect(script.state("a") == nil)
        #expect(script.run()?.state == .running)
    }

    @Test func tasksOutsideTheirDatesHaveNoInstance() throws {
        var builder = DAGBuilder()
        builder.task("a")
        builder.task("later") { $0.startDate = Timestamp(microseconds: 1_900_000_000_000_000) }
        let script = started(try builder.build())
        #expect(script.states() == ["a": .queued])
        script.succeedAll()
        #expect(script.run()?.state == .success)
    }

    @Test func aRunOfWhichNothingCanRunFails() throws {
        var builder = DAGBuilder()
        builder.task("gone") { $0.endDate = Timestamp(microseconds: 0) }
        builder.task("a", after: ["gone"])
        let script = started(try builder.build())
        #expect(script.run()?.state == .failed)
        #expect(script.run()?.reason == "all_tasks_deadlocked")
        #expect(script.states() == ["a": nil])
    }

    /// Seed 20154 of the simulation: Airflow leaves such a run running for ever.
    @Test func aLimitOfATaskDoesNotHideADeadlock() throws {
        var builder = DAGBuilder()
        builder.task("a")
        builder.task("b", after: ["a"]) {
            $0.triggerRule = .allSkipped
            $0.maxActiveTIsPerDag = 1
            $0.dependsOnPast = true
        }
        let script = started(try builder.build())
        script.end("a", -1, .removed)
        #expect(script.run()?.reason == "all_tasks_deadlocked")
    }

    @Test func aTeardownWaitsForItsScopeAndItsFailureDoesNotFailTheRun() throws {
        var builder = DAGBuilder()
        builder.task("setup") { $0.isSetup = true }
        builder.task("inner", after: ["setup"])
        builder.task("work", after: ["inner"])
        builder.task("teardown", after: ["setup", "work"]) {
            $0.isTeardown = true
            $0.triggerRule = .allDoneSetupSuccess
        }
        let script = started(try builder.build())
        script.end("setup")
        script.end("inner")
        #expect(script.states()["teardown"] == .some(nil))
        script.end("work")
        script.end("teardown", -1, .failed(reason: "no"))
        #expect(script.run()?.state == .success)
    }

    @Test func aFailedSetupEndsEverythingInItsScopeButNotTheTasksBeside() throws {
        var builder = DAGBuilder()
        builder.task("setup") { $0.isSetup = true }
        builder.task("inner", after: ["setup"]) { $0.triggerRule = .allDone }
        builder.task("work", after: ["inner"]) { $0.triggerRule = .allDone }
        builder.task("teardown", after: ["setup", "work"]) {
            $0.isTeardown = true
            $0.triggerRule = .allDoneSetupSuccess
        }
        let script = started(try builder.build())
        script.end("setup", -1, .failed(reason: "no"))
        // `inner` follows the setup directly, and its own rule lets it run; `work` has it as an indirect setup.
        #expect(script.states()["work"] == .some(.upstreamFailed))
        #expect(script.states()["inner"] == .some(.queued))
        script.end("inner")
        #expect(script.state("teardown") == .upstreamFailed)
        #expect(script.run()?.state == .failed)
    }
}
