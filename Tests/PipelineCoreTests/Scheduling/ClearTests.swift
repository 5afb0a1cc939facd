import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct ClearTests {
    private func finished(_ builder: DAGBuilder) throws -> (MachineScript, DAG) {
        let dag = try builder.build()
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        script.succeedAll()
        script.send(.runLoaded(try #require(script.snapshot(dag))))
        return (script, dag)
    }

    private func chain() -> DAGBuilder {
        var builder = DAGBuilder()
        builder.task("a") { $0.retry.retries = 2 }
        builder.task("b", after: ["a"])
        builder.task("c", after: ["b"])
        return builder
    }

    @Test func aClearedTaskRunsAgainWithMoreTriesAndANewID() throws {
        let (script, _) = try finished(chain())
        let old = try #require(script.row("a"))
        script.send(.tasksCleared(ClearRequest(run: old.key.run, taskIDs: ["a"])))
        let new = try #require(script.row("a"))
        #expect(new.id != old.id)
        #expect(script.archive.map(\.id) == [old.id])
        #expect((new.state, new.tryNumber, new.maxTries) == (.queued, 2, 3))
        #expect((script.run()?.state, script.run()?.clearNumber) == (.running, 1))
        #expect(script.otherChanges == [.deleteXComs(new.key)])
        script.end("a")
        #expect(script.states() == ["a": .success, "b": .success, "c": .success])
        #expect(script.ended.count == 2)
    }

    @Test func downstreamIsClearedAlong() throws {
        let (script, _) = try finished(chain())
        var request = ClearRequest(run: script.key("b").run, taskIDs: ["b"])
        request.includeDownstream = true
        script.send(.tasksCleared(request))
        #expect(script.states() == ["a": .success, "b": .queued, "c": nil])
        script.succeedAll()
        #expect(script.row("c")?.tryNumber == 2)
    }

    @Test func upstreamIsClearedAlong() throws {
        let (script, _) = try finished(chain())
        script.send(.tasksCleared(ClearRequest(run: script.key("b").run, taskIDs: ["b"], includeUpstream: true)))
        #expect(script.states() == ["a": .queued, "b": nil, "c": .success])
    }

    @Test func onlyFailedClearsWhatFailed() throws {
        let dag = try chain().build()
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        script.end("a")
        script.end("b", -1, .failed(reason: "no"))
        script.send(.runLoaded(try #require(script.snapshot(dag))))
        script.send(.tasksCleared(ClearRequest(run: script.key("b").run, onlyFailed: true)))
        #expect(script.states() == ["a": .success, "b": .queued, "c": nil])
    }

    @Test func aRequestThatMeansNothingLetsTheRunGo() throws {
        let (script, _) = try finished(chain())
        script.send(.tasksCleared(ClearRequest(run: script.key("a").run, onlyFailed: true)))
        #expect(script.run()?.state == .success)
        #expect(script.machine.run(script.key("a").run) == nil)
    }

    @Test func aRunningTaskIsEndedFirstAndThenRunsAgain() throws {
        let script = MachineScript()
        script.send(.runCreated(script.newRun(try chain().build())))
        script.start("a")
        let first = try #require(script.launch("a"))
        script.send(.tasksCleared(ClearRequest(run: script.key("a").run, taskIDs: ["a"])))
        #expect(script.state("a") == .restarting)
        #expect(script.row("a")?.id == first.id.tryID)
        #expect(script.terminations.map(\.reason) == [.cleared])
        #expect(script.launches.count == 1)
        script.forgetLaunch(first.id)
        script.send(.taskEnded(first.id, .failedMayRetry(reason: "SIGTERM")))
        let row = try #require(script.row("a"))
        #expect((row.state, row.tryNumber, row.maxTries) == (.queued, 2, 3))
        #expect(row.id != first.id.tryID)
        #expect(script.archive.map(\.state) == [.failed])
    }

    @Test func theProcessOfACancelledTryHoldsUpTheNext() throws {
        let dag = try chain().build()
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        script.start("a")
        let first = try #require(script.launch("a"))
        script.send(.runCancelled(script.key("a").run, reason: "cancelled"))
        #expect(script.states() == ["a": .skipped, "b": .skipped, "c": .skipped])
        #expect(script.run()?.state == .failed && script.run()?.reason == "cancelled")
        #expect(script.terminations.map(\.id) == [first.id])
        #expect(script.ended.isEmpty)
        script.send(.tasksCleared(ClearRequest(run: script.key("a").run)))
        #expect(script.state("a") == .scheduled)
        let blocked = script.machine.explain(script.key("a"), now: script.now).filter { !$0.passed }
        #expect(blocked.map(\.name) == ["Task Instance Not Running"])
        script.forgetLaunch(first.id)
        script.send(.taskLost(first.id, reason: "killed"))
        #expect(script.state("a") == .queued)
    }

    @Test func aBranchKeepsItsChoiceWhenOnlyTheSkippedTaskIsCleared() throws {
        var builder = DAGBuilder()
        builder.task("branch") { $0.canSkipDownstream = true }
        builder.task("left", after: ["branch"])
        builder.task("right", after: ["branch"])
        let dag = try builder.build()
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        let launch = try #require(script.launch("branch"))
        script.start("branch")
        let decision = XComNotice(key: XCom.skipMixinKey, mappedLength: nil, skipDecision: .followed(["left"]))
        script.send(.xcomPushed(script.key("branch"), decision))
        script.send(.downstreamSkipped(by: launch.id, [SkipTarget(taskID: "right")]))
        #expect(script.state("right") == .skipped)
        script.end("branch")
        script.succeedAll()
        #expect(script.states() == ["branch": .success, "left": .success, "right": .skipped])
        var snapshot = try #require(script.snapshot(dag))
        snapshot.xcoms = [(task: script.key("branch"), notice: decision)]
        script.send(.runLoaded(snapshot))
        script.send(.tasksCleared(ClearRequest(run: script.key("right").run, taskIDs: ["left", "right"])))
        #expect(script.states() == ["branch": .success, "left": .queued, "right": .skipped])
    }

    @Test func clearingATaskClearsItsSetupAndTeardown() throws {
        var builder = DAGBuilder()
        builder.task("setup") { $0.isSetup = true }
        builder.task("inner", after: ["setup"])
        builder.task("work", after: ["inner"])
        builder.task("teardown", after: ["setup", "work"]) {
            $0.isTeardown = true
            $0.triggerRule = .allDoneSetupSuccess
        }
        let (script, _) = try finished(builder)
        script.send(.tasksCleared(ClearRequest(run: script.key("work").run, taskIDs: ["work"])))
        #expect(script.states() == ["setup": .queued, "inner": .success, "work": nil, "teardown": nil])
    }

    @Test func aStateSetByHandFreesWhatFailedBelow() throws {
        let dag = try chain().build()
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        script.end("a", -1, .failed(reason: "no"))
        script.send(.runLoaded(try #require(script.snapshot(dag))))
        script.send(.taskStateSet(script.key("a"), .success))
        #expect(script.states() == ["a": .success, "b": .queued, "c": nil])
        #expect(script.run()?.state == .running)
    }
}
