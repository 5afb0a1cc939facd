import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Testing

/// Logs of pods.
@Suite struct DoubleLogTests {
    let double = KubernetesDouble()

    private func running(_ script: PodScript, for duration: Duration = .milliseconds(950)) async throws -> DoubleCaller
    {
        let caller = DoubleCaller(double)
        double.script(script)
        try await caller.create(SamplePod.named("a"))
        double.advance(by: duration)
        return caller
    }

    private static let log = "\(DoubleCaller.pods)/a/log"

    @Test func aFollowedLogComesLineByLineAndEndsBeforeItsPod() async throws {
        let caller = try await running(.succeeds(after: .seconds(4), log: ["one", "two", "three", "four"]))
        let stream = caller.stream("\(Self.log)?follow=true")
        await stream.opened()
        #expect(stream.text == "one\n")
        double.advance(by: .seconds(2))
        #expect(stream.text == "one\ntwo\nthree\n")
        double.advance(by: .milliseconds(2_200))
        #expect(await stream.end() == .complete)
        #expect(stream.text == "one\ntwo\nthree\nfour\n")
        #expect(double.phase("a") == "Running")
    }

    @Test func aStampedLogResumesFromATime() async throws {
        let caller = try await running(
            .succeeds(after: .seconds(4), log: ["one", "two", "three", "four"]), for: .seconds(10))
        let whole = try await caller.call("GET", "\(Self.log)?timestamps=true")
        let lines = whole.text.split(separator: "\n").map(String.init)
        #expect(lines.first == "2026-01-01T00:00:00.950000000Z one")
        #expect(lines.count == 4)
        // To the second, with whole entries: what was read before comes again.
        let rest = try await caller.call("GET", "\(Self.log)?sinceTime=2026-01-01T00:00:02.990000000Z")
        #expect(rest.text == "three\nfour\n")
        #expect(try await caller.call("GET", "\(Self.log)?tailLines=1").text == "four\n")
        #expect(try await caller.call("GET", "\(Self.log)?limitBytes=6").text == "one\ntw")
        #expect(try await caller.call("GET", "\(Self.log)?stream=stdout").status == 422)
        #expect(try await caller.call("GET", "\(Self.log)?previous=true").status == 400)
    }

    @Test func containersWithoutALogSayWhy() async throws {
        let caller = try await running(.succeeds(after: .seconds(4)), for: .milliseconds(10))
        let unscheduled = try await caller.call("GET", Self.log)
        #expect(unscheduled.status == 204)
        #expect(unscheduled.text.isEmpty)
        double.advance(by: .milliseconds(90))
        let creating = try await caller.call("GET", "\(Self.log)?follow=true")
        #expect(creating.status == 400)
        #expect(creating.message == "container \"base\" in pod \"a\" is waiting to start: ContainerCreating")
        #expect(try await caller.call("GET", "\(DoubleCaller.pods)/none/log").status == 404)
        let other = try await caller.call("GET", "\(Self.log)?container=other")
        #expect(other.message == "container other is not valid for pod a")
        try await caller.create(SamplePod.named("two", containers: ["base", "b"]))
        let unnamed = try await caller.call("GET", "\(DoubleCaller.pods)/two/log")
        #expect(unnamed.status == 400)
        #expect(unnamed.message == "a container name must be specified for pod two, choose one of: [base b]")
    }

    @Test func aFollowedLogSurvivesTheDeletionOfItsPod() async throws {
        var script = PodScript.runsForever
        script.termination = PodTermination(after: .seconds(1), exitCode: 0, lines: ["got TERM"])
        let caller = try await running(script, for: .seconds(3))
        let stream = caller.stream("\(Self.log)?follow=true")
        await stream.opened()
        double.deletePod("a")
        double.advance(by: .seconds(5))
        #expect(await stream.end() == .complete)
        #expect(stream.text == "got TERM\n")
    }

    @Test func clocksOfNodesMayBeWrong() async throws {
        let double = KubernetesDouble(nodes: [.init("n", clockSkew: .seconds(-300))])
        double.script(.succeeds(log: ["x"]))
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("a"))
        double.advance(by: .seconds(10))
        let log = try await caller.call("GET", "\(Self.log)?timestamps=true")
        #expect(log.text.hasPrefix("2025-12-31T23:55:00.95"))
        let state = double.object(.pods, "a")?["status"]?["containerStatuses"]?[0]?["state"]
        #expect(state?["terminated"]?["startedAt"] == "2025-12-31T23:55:00Z")
    }

    @Test func rotationAndLossAreOnlySeenAfterwards() async throws {
        let script = PodScript([
            .accept, .start(), .report(.running), .log("one"), .wait(.seconds(2)), .rotateLog(), .log("two"),
            .log("three"),
            .wait(.seconds(1)), .loseLogTail(bytes: 6), .exit(.init(0)), .report(.succeeded),
        ])
        let caller = try await running(script)
        let stream = caller.stream("\(Self.log)?follow=true")
        await stream.opened()
        double.advance(by: .seconds(10))
        #expect(stream.text == "one\ntwo\nthree\n")
        #expect(try await caller.call("GET", Self.log).text == "two\n")
    }

    @Test func cutLogsCanBeReadAgain() async throws {
        let caller = try await running(.succeeds(after: .seconds(4), log: ["one", "two", "three", "four"]))
        double.inject(.cut(afterBytes: 6), on: .logs)
        let stream = caller.stream("\(Self.log)?follow=true")
        await stream.opened()
        double.advance(by: .seconds(5))
        #expect(await stream.end() == .failed(.connectionFailed))
        #expect(stream.text == "one\ntw")
        #expect(try await caller.call("GET", Self.log).text == "one\ntwo\nthree\nfour\n")
        #expect(double.count(.get, .pods, subresource: "log") == 2)
    }

    @Test func outputNeedNotBeText() async throws {
        let caller = try await running(PodScript([.accept, .start(), .output([0xFF, 0x00, 0x41]), .report(.running)]))
        let response = try await caller.client.send(caller.request("GET", Self.log))
        #expect(response.body == [0xFF, 0x00, 0x41])
        #expect(response.head.headers["Content-Type"] == "text/plain")
    }
}
