import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct MappingTests {
    private func started(_ builder: DAGBuilder) throws -> MachineScript {
        let script = MachineScript(pools: [Pool(name: Pool.defaultName, slots: -1)])
        script.send(.runCreated(script.newRun(try builder.build())))
        return script
    }

    private func push(_ script: MachineScript, _ taskID: String, _ mapIndex: Int = -1, length: Int?) {
        script.send(.xcomPushed(script.key(taskID, mapIndex), XComNotice(key: XCom.returnKey, mappedLength: length)))
    }

    private func builder() -> DAGBuilder {
        var builder = DAGBuilder()
        builder.header.maxActiveTasks = 100
        return builder
    }

    @Test func aLiteralListIsExpandedWhenTheRunIsMade() throws {
        var builder = builder()
        builder.task("m") { $0.expandInput = .literal(3) }
        builder.task("after", after: ["m"])
        let script = try started(builder)
        #expect(script.mappedStates("m") == [.queued, .queued, .queued])
        #expect(script.state("m") == nil)
        script.end("m", 0)
        script.end("m", 2)
        #expect(script.states()["after"] == .some(nil))
        script.end("m", 1)
        #expect(script.state("after") == .queued)
    }

    @Test func aProductOfListsHasAnInstanceForEachPair() throws {
        var builder = builder()
        builder.task("m") { task in
            task.expandInput = .dictOfLists([
                .init(name: "x", source: .literal([1, 2])), .init(name: "y", source: .literal(["a": 1, "b": 2, "c": 3])),
            ])
        }
        #expect(try started(builder).mappedStates("m").count == 6)
    }

    @Test func aResultIsExpandedWhenItsTaskIsDone() throws {
        var builder = builder()
        builder.task("list")
        builder.task("m", after: ["list"]) { $0.expandInput = .result(of: "list") }
        let script = try started(builder)
        #expect(script.states() == ["list": .queued, "m": nil])
        push(script, "list", length: 2)
        script.end("list")
        #expect(script.mappedStates("m") == [.queued, .queued])
        #expect(script.states() == ["list": .success])
        script.succeedAll()
        #expect(script.run()?.state == .success)
    }

    @Test func anEmptyResultSkips() throws {
        var builder = builder()
        builder.task("list")
        builder.task("m", after: ["list"]) { $0.expandInput = .result(of: "list") }
        builder.task("after", after: ["m"])
        let script = try started(builder)
        push(script, "list", length: 0)
        script.end("list")
        #expect(script.states() == ["list": .success, "m": .skipped, "after": .skipped])
        #expect(script.run()?.state == .success)
    }

    @Test func aFailedSourceMakesTheMappedTaskUpstreamFailedUnexpanded() throws {
        var builder = builder()
        builder.task("list")
        builder.task("m", after: ["list"]) {
            $0.expandInput = .result(of: "list")
            $0.triggerRule = .allDone
        }
        let script = try started(builder)
        script.end("list", -1, .failed(reason: "no"))
        #expect(script.states() == ["list": .failed, "m": .upstreamFailed])
    }

    @Test func aSourceWithoutAResultMakesTheMappedTaskUpstreamFailed() throws {
        var builder = builder()
        builder.task("list")
        builder.task("m", after: ["list"]) { $0.expandInput = .result(of: "list") }
        let script = try started(builder)
        script.end("list")
        #expect(script.states() == ["list": .success, "m": .upstreamFailed])
        #expect(script.row("m")?.reason?.contains("not known") == true)
    }

    @Test(arguments: [(nil, 2), (JSONValue.null, 3)] as [(JSONValue?, Int)])
    func zipIsAsLongAsItsShortestOrWithAFillValueItsLongest(_ fill: JSONValue?, _ count: Int) throws {
        var builder = builder()
        builder.task("a")
        builder.task("b")
        builder.task("m", after: ["a", "b"]) { task in
            let parts: [XComReference] = [
                .plain(taskID: "a", key: XCom.returnKey),
                .map(.plain(taskID: "b", key: XCom.returnKey), callables: ["f"]),
            ]
            task.expandInput = .listOfDicts(.xcom(.zip(parts, fillValue: fill)))
        }
        let script = try started(builder)
        push(script, "a", length: 2)
        push(script, "b", length: 3)
        script.end("a")
        script.end("b")
        #expect(script.mappedStates("m").count == count)
    }

    @Test func concatIsAsLongAsAllTogether() throws {
        var builder = builder()
        builder.task("a")
        builder.task("b")
        builder.task("m", after: ["a", "b"]) { task in
            let parts: [XComReference] = [
                .plain(taskID: "a", key: XCom.returnKey), .plain(taskID: "b", key: XCom.returnKey),
            ]
            task.expandInput = .listOfDicts(.xcom(.concat(parts)))
        }
        let script = try started(builder)
        push(script, "a", length: 2)
        push(script, "b", length: 3)
        script.end("a")
        script.end("b")
        #expect(script.mappedStates("m").count == 5)
    }

    @Test func aMapOverAMapCountsTheResultsThatWerePushed() throws {
        var builder = builder()
        builder.task("m") { $0.expandInput = .literal(3) }
        builder.task("n", after: ["m"]) {
            $0.expandInput = .result(of: "m")
            $0.triggerRule = .noneFailed
        }
        let script = try started(builder)
        push(script, "m", 0, length: nil)
        push(script, "m", 2, length: nil)
        script.end("m", 0)
        script.end("m", 1, .skipped())
        #expect(script.states() == ["n": nil])
        script.end("m", 2)
        #expect(script.mappedStates("n") == [.queued, .queued])
    }

    @Test func instancesOfAMappedGroupLookOnlyAtTheirOwnIndex() throws {
        var builder = builder()
        builder.task("list")
        builder.task("g.a", after: ["list"])
        builder.task("g.b", after: ["g.a"])
        builder.task("after", after: ["g.b"]) { $0.triggerRule = .allDone }
        builder.mappedGroup("g", over: .result(of: "list"), tasks: ["g.a", "g.b"])
        let script = try started(builder)
        push(script, "list", length: 3)
        script.end("list")
        #expect(script.mappedStates("g.a") == [.queued, .queued, .queued])
        script.end("g.a", 1)
        #expect(script.mappedStates("g.b") == [nil, .queued, nil])
        #expect(script.launch("g.b", 1)?.upstreamMapIndexes == ["g.a": 1])
        script.end("g.a", 0, .failed(reason: "no"))
        #expect(script.mappedStates("g.b") == [.upstreamFailed, .queued, nil])
        script.end("g.a", 2)
        script.end("g.b", 1)
        script.end("g.b", 2)
        #expect(script.state("after") == .queued)
    }

    @Test func aMappedGroupOverAnEmptyListIsSkipped() throws {
        var builder = builder()
        builder.task("list")
        builder.task("g.a", after: ["list"])
        builder.task("g.b", after: ["g.a"])
        builder.mappedGroup("g", over: .result(of: "list"), tasks: ["g.a", "g.b"])
        let script = try started(builder)
        push(script, "list", length: 0)
        script.end("list")
        #expect(script.states() == ["list": .success, "g.a": .skipped, "g.b": .skipped])
    }

    @Test func aShorterListOnARerunRemovesInstancesAndALongerOneAddsThem() throws {
        var builder = builder()
        builder.task("list")
        builder.task("m", after: ["list"]) { $0.expandInput = .result(of: "list") }
        let dag = try builder.build()
        let script = MachineScript()
        script.send(.runCreated(script.newRun(dag)))
        push(script, "list", length: 3)
        script.end("list")
        script.succeedAll()
        for (length, expected) in [(2, [.success, .success, .removed]), (4, [.success, .success, .success, .success])]
            as [(Int, [TaskState?])]
        {
            script.send(.runLoaded(try #require(script.snapshot(dag))))
            script.send(.tasksCleared(ClearRequest(run: script.key("list").run, taskIDs: ["list"], includeDownstream: true)))
            push(script, "list", length: length)
            script.end("list")
            script.succeedAll()
            #expect(script.mappedStates("m") == expected)
            #expect(script.run()?.state == .success)
        }
    }

    @Test func aResultLongerThanMaxMapLengthFailsItsTask() throws {
        var builder = builder()
        builder.task("list")
        builder.task("m", after: ["list"]) { $0.expandInput = .result(of: "list") }
        let script = try started(builder)
        push(script, "list", length: 1_025)
        script.end("list")
        #expect(script.states() == ["list": .failed, "m": .upstreamFailed])
        #expect(script.row("list")?.reason?.contains("max_map_length (1024)") == true)
    }

    @Test func aProductBeyondTheBoundFails() throws {
        var builder = builder()
        builder.task("m") { task in
            let list = ExpandInput.Source.literal(.array((0..<1_000).map { .int($0) }))
            task.expandInput = .dictOfLists([.init(name: "x", source: list), .init(name: "y", source: list)])
        }
        let script = try started(builder)
        #expect(script.states() == ["m": .failed])
        #expect(script.row("m")?.reason?.contains("1000000 elements; at most 100000") == true)
    }
}
