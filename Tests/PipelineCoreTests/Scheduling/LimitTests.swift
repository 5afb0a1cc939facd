import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct LimitTests {
    private func script(_ builder: DAGBuilder, pools: [Pool] = [], parallelism: Int = 32) throws -> MachineScript {
        var limits = SchedulerLimits()
        limits.parallelism = parallelism
        let script = MachineScript(limits: limits, pools: pools + [Pool(name: Pool.defaultName, slots: 128)])
        script.send(.runCreated(script.newRun(try builder.build())))
        return script
    }

    private func tasks(_ count: Int, _ configure: (Int, inout TaskDefinition) -> Void = { _, _ in }) -> DAGBuilder {
        var builder = DAGBuilder()
        for index in 0..<count { builder.task("t\(index)") { configure(index, &$0) } }
        return builder
    }

    @Test func parallelismBoundsAllProcesses() throws {
        let script = try script(tasks(5), parallelism: 2)
        #expect(script.launches.map(\.task.id) == ["t0", "t1"])
        script.end("t1")
        #expect(script.launches.map(\.task.id) == ["t0", "t2"])
    }

    @Test func maxActiveTasksBoundsARun() throws {
        var builder = tasks(5)
        builder.header.maxActiveTasks = 3
        #expect(try script(builder).launches.count == 3)
    }

    @Test func higherPriorityGoesFirst() throws {
        let script = try script(tasks(3) { $1.priorityWeight = $0 + 1 }, parallelism: 1)
        #expect(script.launches.map(\.task.id) == ["t2"])
        script.end("t2")
        #expect(script.launches.map(\.task.id) == ["t1"])
    }

    @Test(arguments: [(WeightRule.downstream, 8), (.upstream, 3), (.absolute, 2), (.custom(path: "x", weight: 40), 40)])
    func weightsAddUpAsTheRuleSays(_ rule: WeightRule, _ weight: Int) throws {
        var builder = DAGBuilder()
        builder.task("top")
        builder.task("left", after: ["top"]) { ($0.weightRule, $0.priorityWeight) = (rule, 2) }
        builder.task("below", after: ["left"]) { $0.priorityWeight = 5 }
        builder.task("bottom", after: ["below", "left"])
        #expect(try script(builder).row("left")?.priorityWeight == weight)
    }

    /// airflow#45636: a full pool or a limited task at the head of the queue must not starve the others.
    @Test func whatDoesNotFitHoldsUpNobody() throws {
        let builder = tasks(4) { index, task in
            if index < 2 { (task.pool, task.priorityWeight) = ("gpu", 10) }
            if index == 2 { (task.poolSlots, task.priorityWeight) = (500, 5) }
        }
        let script = try script(builder, pools: [Pool(name: "gpu", slots: 1)])
        #expect(script.launches.map(\.task.id) == ["t0", "t3"])
        let reasons = script.machine.explain(script.key("t2"), now: script.now).filter { !$0.passed }
        #expect(reasons.map(\.name) == ["Pool Slots Available"])
        #expect(reasons.first?.reason == "The task needs 500 slots, but the pool 'default_pool' has only 128 in all.")
        script.end("t0")
        #expect(script.launches.map(\.task.id) == ["t3", "t1"])
    }

    @Test func aPoolThatDoesNotExistIsNamedAndTheTaskGoesOnWhenItDoes() throws {
        let script = try script(tasks(1) { $1.pool = "nowhere" })
        #expect(script.state("t0") == .scheduled)
        let results = script.machine.explain(script.key("t0"), now: script.now)
        #expect(results.contains { !$0.passed && $0.reason.contains("There is no pool 'nowhere'") })
        script.send(.poolsChanged([Pool(name: "nowhere", slots: 1)]))
        #expect(script.state("t0") == .queued)
    }

    @Test func aRunThatStandsStillSaysWhatHoldsItUp() throws {
        var builder = tasks(2) { $1.pool = $0 == 0 ? "empty" : "default_pool" }
        builder.task("after", after: ["t0"])
        let script = try script(builder, pools: [Pool(name: "empty", slots: 0)])
        let key = script.key("t0").run
        #expect(script.machine.standstill(of: key, now: script.now).isEmpty)
        script.end("t1")
        let waits = script.machine.standstill(of: key, now: script.now)
        #expect(waits.map(\.task.taskID) == ["t0"])
        #expect(waits.first?.check.name == "Pool Slots Available")
        script.send(.poolsChanged([Pool(name: "empty", slots: 1)]))
        #expect(script.state("t0") == .queued)
        #expect(script.machine.standstill(of: key, now: script.now).isEmpty)
    }

    /// That it waits for its retry, its state says already.
    @Test func aRunThatWaitsForARetryDoesNotStandStill() throws {
        var builder = tasks(1) { $1.retry.retries = 1 }
        builder.task("after", after: ["t0"])
        let script = try script(builder)
        script.end("t0", -1, .failedMayRetry(reason: "x"))
        #expect(script.state("t0") == .upForRetry)
        #expect(script.machine.standstill(of: script.key("t0").run, now: script.now).isEmpty)
    }

    @Test(arguments: [(true, 0), (false, 1)])
    func aDeferredTaskHoldsItsSlotsWhereThePoolSaysSo(_ includeDeferred: Bool, _ launched: Int) throws {
        let pool = Pool(name: "p", slots: 1, includeDeferred: includeDeferred)
        let script = try script(tasks(2) { $1.pool = "p" }, pools: [pool])
        let deferral = TaskOutcome.Deferral(
            triggerClass: "T", triggerKwargs: .null, timeout: nil, nextMethod: "done", nextKwargs: .null)
        script.end("t0", -1, .deferred(deferral))
        #expect(script.launches.count == launched)
    }

    @Test func aTaskHasALimitByRunAndByDAG() throws {
        var builder = DAGBuilder()
        builder.task("m") {
            $0.expandInput = .literal(4)
            $0.maxActiveTIsPerDagRun = 2
            $0.maxActiveTIsPerDag = 3
        }
        let dag = try builder.build()
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag, "r1", logicalDate: script.now - .seconds(2))))
        script.send(.runCreated(script.newRun(dag, "r2", logicalDate: script.now - .seconds(1))))
        #expect(script.launches.map { "\($0.run.key.runID)\($0.instance.mapIndex)" } == ["r10", "r11", "r20"])
        script.end("m", 0, run: "r1")
        #expect(script.launches.map { "\($0.run.key.runID)\($0.instance.mapIndex)" } == ["r11", "r20", "r12"])
    }

    @Test func aPausedDAGStartsNothing() throws {
        let dag = try tasks(1).build()
        let script = MachineScript()
        script.send(.dagPaused(dagID: "dag", true))
        script.send(.runCreated(script.newRun(dag)))
        #expect(script.run()?.state == .queued)
        script.send(.dagPaused(dagID: "dag", false))
        #expect(script.state("t0") == .queued)
    }

    @Test func failedRunsInARowPauseTheDAG() throws {
        var builder = tasks(1)
        builder.header.maxConsecutiveFailedRuns = 2
        let dag = try builder.build()
        let script = MachineScript()
        for index in 0..<2 {
            var snapshot = script.newRun(dag, "r\(index)", logicalDate: script.now - .seconds(10 - index))
            snapshot.consecutiveFailures = index
            script.send(.runCreated(snapshot))
            script.end("t0", -1, .failed(reason: "no"), run: "r\(index)")
        }
        #expect(script.otherChanges == [.setPaused(dagID: "dag", true)])
    }

    @Test func dagrunTimeoutSkipsWhatIsUnfinished() throws {
        var builder = tasks(2)
        builder.header.dagRunTimeout = .seconds(100)
        builder.header.maxActiveTasks = 1
        let script = try script(builder)
        script.start("t0")
        script.pass(.seconds(100))
        #expect(script.states() == ["t0": .skipped, "t1": .skipped])
        #expect(script.run()?.state == .failed && script.run()?.reason == "timed_out")
        #expect(script.terminations.map(\.reason) == [.runTimeout])
    }

    @Test func failFastStopsAllButTeardowns() throws {
        var builder = tasks(3)
        builder.header.failFast = true
        builder.task("teardown", after: ["t1"]) {
            $0.isTeardown = true
            $0.triggerRule = .allDoneSetupSuccess
        }
        builder.task("late", after: ["t2"])
        let script = try script(builder)
        script.start("t1")
        script.end("t0", -1, .failed(reason: "no"))
        #expect(
            script.states() == ["t0": .failed, "t1": .failed, "t2": .skipped, "late": .skipped, "teardown": .queued])
        #expect(script.terminations.map(\.reason) == [.failFast, .failFast])
    }
}
