import Glibc
import PipelineTestSupport
import Testing

/// Several schedulers over one store. `PIPELINE_SIM_SEEDS` says how many worlds, `PIPELINE_SIM_SEED` with which to begin, and
/// `PIPELINE_SIM_SCENARIO` shows one that was written down.
@Suite struct ClusterTests {
    static func text(_ name: String) -> String? { getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }

    static var seeds: Range<UInt64> {
        let first = text("PIPELINE_SIM_SEED").flatMap { UInt64($0) } ?? 1
        return first..<first + (text("PIPELINE_SIM_SEEDS").flatMap { UInt64($0) } ?? ordinary)
    }

    /// Worlds of an ordinary test run, which is a debug build; `make sim` runs as many as are wanted.
    private static let ordinary: UInt64 = 150

    @Test func invariantsHoldAndEverythingEnds() async {
        let failures = await SeedSweep(Self.seeds, stopsAfter: 3).failures { ClusterScenario(seed: $0) }
        for failure in failures { Issue.record("\(failure.scenario.shrunk()?.report ?? failure.report)") }
    }

    @Test(.enabled(if: text("PIPELINE_SIM_SCENARIO") != nil))
    func theGivenScenario() throws {
        let scenario = try #require(ClusterScenario(Self.text("PIPELINE_SIM_SCENARIO") ?? ""))
        if let failure = scenario.failure(traces: true) { Issue.record("\(failure.report)") }
    }

    @Test(arguments: [1, 17, 42] as [UInt64])
    func theSameScenarioGivesTheSameWorld(_ seed: UInt64) throws {
        let scenario = ClusterScenario(seed: seed)
        #expect(scenario.trace == scenario.trace)
        #expect(scenario.trace.count > 20)
        #expect(ClusterScenario(scenario.description) == scenario)
    }
}
