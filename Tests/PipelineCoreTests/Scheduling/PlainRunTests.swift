import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct PlainRunTests {
    private func chain(_ ids: [String], _ configure: (inout TaskDefinition) -> Void = { _ in }) throws -> DAG {
        var builder = DAGBuilder()
        for (index, id) in ids.enumerated() { builder.task(id, after: index == 0 ? [] : [ids[index - 1]], configure) }
        return try builder.build()
    }

    @Test func chainRunsInOrder() throws {
        let dag = try chain(["a", "b", "c"])
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        #expect(script.run()?.state == .running)
        #expect(script.states() == ["a": .queued, "b": nil, "c": nil])
        #expect(script.row("a")?.tryNumber == 1)
        #expect(script.row("a")?.priorityWeight == 3)
        script.start("a")
        #expect(script.state("a") == .running)
        script.end("a")
        #expect(script.states() == ["a": .success, "b": .queued, "c": nil])
        script.succeedAll()
        #expect(script.states() == ["a": .success, "b": .success, "c": .success])
        #expect(script.run()?.state == .success)
        #expect(script.ended.map(\.key.runID) == ["r1"])
        #expect(script.machine.activeRuns.isEmpty)
    }

    @Test func emptyTasksEndInOneTurnWithoutLaunch() throws {
        var builder = DAGBuilder()
        builder.empty("a")
        builder.empty("b", after: ["a"])
        builder.task("c", after: ["b"])
        let dag = try builder.build()
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        #expect(script.states() == ["a": .success, "b": .success, "c": .queued])
        #expect(script.launches.map(\.task.id) == ["c"])
        let row = try #require(script.row("b"))
        #expect(row.tryNumber == 1)
        #expect(row.startDate == script.now && row.endDate == script.now)
    }

    @Test func failureMakesDownstreamUpstreamFailedAndTheRunFailed() throws {
        let dag = try chain(["a", "b", "c"])
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        script.end("a", -1, .failedMayRetry(reason: "exit code 1"))
        #expect(script.states() == ["a": .failed, "b": .upstreamFailed, "c": .upstreamFailed])
        #expect(script.row("a")?.reason == "exit code 1")
        #expect(script.row("b")?.tryNumber == 0)
        #expect(script.run()?.state == .failed)
    }

    @Test func retryWaitsForItsDelayUnderANewID() throws {
        let dag = try chain(["a"]) {
            $0.retry.retries = 1
            $0.retry.delay = .seconds(60)
        }
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        let first = try #require(script.launch("a"))
        #expect(first.shouldRetry)
        script.end("a", -1, .failedMayRetry(reason: "no luck"))
        #expect(script.state("a") == .upForRetry)
        #expect(script.row("a")?.id != first.id.tryID)
        #expect(script.archive.map(\.id) == [first.id.tryID])
        #expect(script.archive.map(\.state) == [.failed])
        #expect(script.machine.nextWake == script.now + .seconds(60))
        script.pass(.seconds(59))
        #expect(script.state("a") == .upForRetry)
        script.pass(.seconds(1))
        #expect(script.state("a") == .queued)
        #expect(script.row("a")?.tryNumber == 2)
        #expect(script.launch("a")?.shouldRetry == false)
        script.end("a", -1, .failedMayRetry(reason: "again"))
        #expect(script.state("a") == .failed)
        #expect(script.run()?.state == .failed)
    }

    @Test func aFinalFailureIsNotRetried() throws {
        let dag = try chain(["a"]) { $0.retry.retries = 3 }
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        script.end("a", -1, .failed(reason: "AirflowFailException"))
        #expect(script.state("a") == .failed)
    }

    @Test func staleReportsChangeNothing() throws {
        let dag = try chain(["a", "b"]) { $0.retry.retries = 1 }
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        let first = try #require(script.launch("a"))
        script.end("a", -1, .failedMayRetry(reason: "no"))
        #expect(script.send(.taskEnded(first.id, .success())).isEmpty)
        #expect(script.state("a") == .upForRetry)
        let started = StartedProcess(hostname: "h", unixname: "u", pid: 1, pidStartTime: 1, at: script.now)
        let actions = script.send(.taskStarted(first.id, started))
        #expect(actions.count == 1)
        #expect(script.terminations.map(\.id) == [first.id])
    }

    @Test func aReportOfSuccessBeforeThatOfTheStartCounts() throws {
        let dag = try chain(["a"])
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        let launch = try #require(script.launch("a"))
        script.send(.taskEnded(launch.id, .success()))
        #expect(script.state("a") == .success)
        #expect(script.run()?.state == .success)
    }

    @Test func nodeAndImageAreThoseOfThePodThatRan() throws {
        let script = MachineScript()
        script.send(.runCreated(script.newRun(try chain(["a"]))))
        func start(_ node: String, _ image: String) throws -> LaunchID {
            let launch = try #require(script.launch("a"))
            let process = StartedProcess(
                hostname: node, imageID: image, unixname: "u", pid: nil, pidStartTime: nil, at: script.now)
            script.send(.taskStarted(launch.id, process))
            return launch.id
        }
        let lost = try start("node-1", "i@sha256:1")
        #expect(script.row("a")?.hostname == "node-1" && script.row("a")?.imageID == "i@sha256:1")
        script.send(.taskLost(lost, reason: "evicted"))
        #expect(script.row("a")?.hostname == "" && script.row("a")?.imageID == nil)
        script.send(.taskEnded(try start("node-2", "i@sha256:2"), .success()))
        #expect(script.row("a")?.hostname == "node-2" && script.row("a")?.imageID == "i@sha256:2")
    }

    @Test func theSameEventsGiveTheSameActions() throws {
        let dag = try chain(["a", "b"])
        var texts: [String] = []
        for _ in 0..<2 {
            let script = MachineScript()
            script.send(.runCreated(script.newRun(dag)))
            script.succeedAll()
            texts.append(script.rows.values.map { "\($0.key) \($0.id)" }.sorted().joined())
        }
        #expect(texts[0] == texts[1])
    }

    @Test func aRunWithoutTasksSucceeds() throws {
        let dag = try DAGBuilder().build()
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        #expect(script.run()?.state == .success)
        #expect(script.ended.count == 1)
    }

    @Test func runsStartInTheOrderOfRunAfterWithinMaxActiveRuns() throws {
        var builder = DAGBuilder()
        builder.header.maxActiveRuns = 1
        builder.task("a")
        let dag = try builder.build()
        let script = MachineScript()
        var late = script.newRun(dag, "late", logicalDate: script.now)
        late.run.runAfter = script.now + .seconds(10)
        script.send(.runCreated(late))
        #expect(script.machine.nextWake == script.now + .seconds(10))
        script.send(.runCreated(script.newRun(dag, "first", logicalDate: script.now - .seconds(9))))
        script.send(.runCreated(script.newRun(dag, "second", logicalDate: script.now - .seconds(8))))
        #expect(script.run("first")?.state == .running)
        #expect(script.run("second")?.state == .queued)
        script.end("a", run: "first")
        #expect(script.run("second")?.state == .running)
        script.end("a", run: "second")
        #expect(script.run("late")?.state == .queued)
        script.pass(.seconds(10))
        #expect(script.run("late")?.state == .running)
    }

    @Test func aRunWithAFutureLogicalDateWaits() throws {
        let dag = try chain(["a"])
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag, logicalDate: script.now + .seconds(5))))
        #expect(script.run()?.state == .running)
        #expect(script.state("a") == nil)
        script.pass(.seconds(5))
        #expect(script.state("a") == .queued)
    }
}
