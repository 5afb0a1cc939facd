import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

/// Bugs of Airflow's executor around watches, limits of the API and tokens, by their number in our list.
@Suite(.timeLimit(.minutes(20)))
struct WatchPainTests {
    private static func harness() -> PodHarness {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(20), log: ["a", "b"], message: "7"))
        return harness
    }

    /// apache/airflow#12229: the watch began again and again from a version that was gone.
    @Test func row18_goneAsStatusAndAsEvent() async throws {
        for (fault, verb) in [
            (KubernetesDouble.Fault.expired, KubernetesDouble.Verb.watch), (.expiredEvent, .watch), (.expired, .list),
        ] {
            let harness = Self.harness()
            harness.double.inject(fault, on: .init(verb, .pods), calls: 1...3)
            let reporter = RecordingReporter()
            let result = try await harness.run(PodHarness.launch(), PodHarness.attributes(), reporter)
            #expect(result.result == "7")
            #expect(reporter.record.lines == ["a", "b"])
            #expect(harness.double.count(.list, .pods) <= 6, "\(verb)")
        }
    }

    @Test func row18_aCompactedServerIsListedAnew() async throws {
        let harness = Self.harness()
        let launched = await harness.startAndSeeRunning(RecordingReporter())
        harness.double.compact()
        harness.double.endWatches(broken: true)
        #expect(try await harness.end(of: launched, within: .seconds(60)).result == "7")
    }

    /// #49517: 429 ended the watcher, and then the tasks.
    @Test func row19_tooManyRequestsFailNothing() async throws {
        let harness = Self.harness()
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        let fault = harness.double.inject(.tooManyRequests, on: .init(), calls: 1...100_000)
        harness.double.endWatches(broken: true)
        harness.double.endLogs(broken: true)
        let before = harness.double.calls.count
        await harness.pass(.seconds(300))
        #expect(!launched.isOver)
        #expect(harness.double.calls.count - before < 200)
        harness.double.withdraw(fault)
        #expect(try await harness.end(of: launched, within: .seconds(120)).result == "7")
        #expect(reporter.record.lines == ["a", "b"])
    }

    /// #39215: one creation after the other held everything up.
    @Test func row20_aSlowCreationHoldsNobodyUp() async throws {
        let harness = Self.harness()
        harness.double.inject(.slow(.seconds(25)), on: .init(.create, .pods), calls: 1...1)
        let first = harness.start(PodHarness.launch("slow"), PodHarness.attributes(), RecordingReporter())
        #expect(await harness.double.advance(atMost: .seconds(5)) { harness.created.count == 1 })
        let reporter = RecordingReporter()
        _ = await harness.startAndSeeRunning(reporter, PodHarness.launch("quick"))
        #expect(harness.double.now < .seconds(10))
        #expect(try await harness.end(of: first).result == "7")
    }

    /// #53713: a token that was made when the task was queued had expired when its pod started.
    @Test func row21_noPodHoldsATokenOfOurs() async throws {
        let harness = Self.harness()
        harness.double.inject(.unauthorized, on: .init(.watch, .pods), calls: 1...2)
        #expect(try await harness.run().result == "7")
        let text = harness.double.objects(.pods).map { $0.serialized() }.joined().lowercased()
        #expect(!text.isEmpty)
        #expect(!text.contains("token") && !text.contains("secret"))
    }

    /// #58422: timeouts of the API failed tasks.
    @Test func row22_timeoutsFailNothing() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(20), message: "7"))
        for verb in [KubernetesDouble.Verb.create, .list, .watch] {
            harness.double.inject(.gatewayTimeout, on: .init(verb, .pods), calls: 1...4)
        }
        harness.double.inject(.hangsAfterEffect, on: .init(.create, .pods), calls: 5...8)
        harness.double.inject(.hangsBeforeEffect, on: .logs, calls: 1...3)
        let launched = (0..<12).map {
            harness.start(PodHarness.launch("t\($0)"), PodHarness.attributes(), RecordingReporter())
        }
        for launched in launched { #expect(try await harness.end(of: launched).result == "7") }
        #expect(Set(harness.created).count == 12)
        #expect(harness.double.objects(.pods).count <= 12)
    }
}
