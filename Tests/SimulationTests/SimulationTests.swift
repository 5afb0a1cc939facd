import Glibc
import PipelineCore
import PipelineTestSupport
import Testing

/// Random worlds. `PIPELINE_SIM_SEEDS` says how many, `PIPELINE_SIM_SEED` with which seed to begin.
@Suite struct SimulationTests {
    static func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

    static var seeds: [Range<UInt64>] {
        let first = number("PIPELINE_SIM_SEED") ?? 0
        let count = number("PIPELINE_SIM_SEEDS") ?? (number("PIPELINE_SIM_SEED") == nil ? 300 : 1)
        let size = max(1, count / 10)
        return stride(from: first, to: first + count, by: UInt64.Stride(size)).map { $0..<min($0 + size, first + count) }
    }

    @Test(arguments: seeds)
    func invariantsHoldAndRunsEnd(_ seeds: Range<UInt64>) throws {
        for seed in seeds {
            let world = try SimulatedWorld(seed: seed)
            world.run()
            guard !world.problems.isEmpty else { continue }
            let trace = world.trace.suffix(30).joined(separator: "\n")
            Issue.record("make sim SEEDS=1 SEED=\(seed)\n\(world.problems.prefix(5).joined(separator: "\n"))\n\(trace)")
            return
        }
    }

    @Test(arguments: [1, 17, 42] as [UInt64])
    func theSameSeedGivesTheSameTrace(_ seed: UInt64) throws {
        let first = try SimulatedWorld(seed: seed)
        first.run()
        let second = try SimulatedWorld(seed: seed)
        second.run()
        #expect(first.trace == second.trace)
        #expect(first.finalStates == second.finalStates)
    }
}
