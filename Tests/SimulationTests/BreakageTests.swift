import PipelineTestSupport
import Testing

/// A simulation that notices nothing proves nothing: each ``Breakage`` must be found. `PIPELINE_SIM_BREAKAGES=20000` looks
/// for the first seed that finds each.
@Suite struct BreakageTests {
    /// A seed that finds each, and the rule that breaks. They move with the simulation: look for others then.
    static let seeds: [(breakage: Breakage, seed: UInt64, rule: String)] = [
        //SEEDS
    ]

    @Test(arguments: seeds)
    func aKnownSeedFindsIt(_ breakage: Breakage, _ seed: UInt64, _ rule: String) throws {
        let failure = try #require(ClusterScenario(seed: seed, breakage: breakage).failure(), "\(breakage) is not noticed")
        #expect(failure.rule == rule)
        // It is the breakage that is found.
        #expect(ClusterScenario(seed: seed).failure() == nil)
    }

    @Test func everyBreakageHasASeed() { #expect(Set(Self.seeds.map(\.breakage)) == Set(Breakage.allCases)) }

    @Test(.enabled(if: ClusterTests.text("PIPELINE_SIM_BREAKAGES") != nil), arguments: Breakage.allCases)
    func someSeedFindsIt(_ breakage: Breakage) async throws {
        let count = try #require(ClusterTests.text("PIPELINE_SIM_BREAKAGES").flatMap { UInt64($0) })
        let failures = await SeedSweep(1..<count, stopsAfter: 1).failures { ClusterScenario(seed: $0, breakage: breakage) }
        #expect(!failures.isEmpty, "\(breakage) is not noticed")
        if let first = failures.first { print("found \(breakage) with seed \(first.scenario.seed): \(first.problems[0])") }
    }
}
