import Synchronization

/// Runs worlds of many seeds on all cores.
package final class SeedSweep: Sendable {
    private struct State {
        var next: UInt64
        var failures: [ClusterScenario.Failure] = []
    }

    private let end: UInt64
    private let maximum: Int
    private let state: Mutex<State>
    private static let chunk: UInt64 = 64
    private static let workers = 8

    /// - Parameter maximum: failures after which it stops.
    package init(_ seeds: Range<UInt64>, stopsAfter maximum: Int) {
        end = seeds.upperBound
        self.maximum = maximum
        state = Mutex(State(next: seeds.lowerBound))
    }

    /// The failures found, lowest seeds first.
    package func failures(_ scenario: @escaping @Sendable (UInt64) -> ClusterScenario) async -> [ClusterScenario.Failure] {
        await withTaskGroup { group in
            for _ in 0..<Self.workers { group.addTask { self.work(scenario) } }
        }
        return state.withLock { $0.failures.sorted { $0.scenario.seed < $1.scenario.seed } }
    }

    private func work(_ scenario: @Sendable (UInt64) -> ClusterScenario) {
        while let seeds = takeSeeds() {
            for seed in seeds {
                guard let failure = scenario(seed).failure() else { continue }
                state.withLock { $0.failures.append(failure) }
            }
        }
    }

    private func takeSeeds() -> Range<UInt64>? {
        state.withLock { state in
            guard state.failures.count < maximum, state.next < end else { return nil }
            let first = state.next
            state.next = min(end, first + Self.chunk)
            return first..<state.next
        }
    }
}
