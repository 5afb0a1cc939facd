import PipelineTestSupport
import Testing

/// A simulation that notices nothing proves nothing: each ``Breakage`` must be found. `PIPELINE_SIM_BREAKAGES=20000` looks
/// for the first seed that finds each.
@Suite struct BreakageTests {
    /// A seed that finds each, and the rule that breaks. They move with the simulation: look for others then.
    static let seeds: [(breakage: Breakage, seed: UInt64, rule: String)] = [
        (.forgedEpoch, 140, "I11"),
        (.namelessLaunches, 5, "I1"),
        (.relaunchAtOnce, 5, "I1"),
        (.noPools, 3, "I7"),
        (.runsTwice, 142, "I9"),
        (.twoCommits, 32, "I9"),
        (.successFromAbsence, 3, "I4"),
        (.failureFromAbsence, 3, "I5"),
        (.ownPodNames, 1, "I1"),
        (.unpinned, 6, "I8"),
        (.keepsPods, 1, "I10"),
    ]

    @Test(arguments: seeds)
    func aKnownSeedFindsIt(_ breakage: Breakage, _ seed: UInt64, _ rule: String) throws {
        let failure = try #require(ClusterScenario(seed: seed, breakage: breakage).failure(), "\(breakage) is not noticed")
        #expect(failure.rule == rule)
        // It is the breakage that is found.
        #expect(ClusterScenario(seed: seed).failure() == nil)
    }

    /// What no seed looked at so far has found: it needs a lease that is lost in one certain step. See `docs/testing.md`.
    static let rare: Set<Breakage> = [.launchWithoutLease, .endsAfterTurn, .noMargin, .resumeByTry]

    @Test func everyOtherBreakageHasASeed() {
        #expect(Set(Self.seeds.map(\.breakage)) == Set(Breakage.allCases).subtracting(Self.rare))
    }

    @Test(.enabled(if: ClusterTests.text("PIPELINE_SIM_BREAKAGES") != nil), arguments: Breakage.allCases)
    func someSeedFindsIt(_ breakage: Breakage) async throws {
        let count = try #require(ClusterTests.text("PIPELINE_SIM_BREAKAGES").flatMap { UInt64($0) })
        let failures = await SeedSweep(1..<count, stopsAfter: 1).failures { ClusterScenario(seed: $0, breakage: breakage) }
        #expect(!failures.isEmpty, "\(breakage) is not noticed")
        if let first = failures.first { print("found \(breakage) with seed \(first.scenario.seed): \(first.problems[0])") }
    }
}
