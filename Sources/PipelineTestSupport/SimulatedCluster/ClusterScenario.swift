import PipelineCore

/// All that decides what happens in a ``SimulatedCluster``. It can be written down and read again.
package struct ClusterScenario: Sendable, Hashable, CustomStringConvertible {
    package var seed: UInt64
    package var schedulers: Int
    package var dags: Int
    /// Steps with trouble; then all must come to its end.
    package var steps: Int
    package var troubles: Set<Trouble>
    package var breakage: Breakage?

    /// The scenario that a seed stands for.
    package init(seed: UInt64, breakage: Breakage? = nil) {
        var random = SplitMix64(seed: seed &* 0x2545_F491_4F6C_DD1D &+ 1)
        self.seed = seed
        schedulers = [1, 2, 2, 2, 3].randomElement(using: &random) ?? 2
        dags = Int.random(in: 1...3, using: &random)
        steps = Int.random(in: 40...160, using: &random)
        troubles = Set(Trouble.allCases.filter { _ in Int.random(in: 0..<3, using: &random) > 0 })
        self.breakage = breakage
    }

    /// Reads what ``description`` wrote; `nil` for anything else.
    package init?(_ text: String) {
        var values: [Substring: Substring] = [:]
        for part in text.split(separator: " ") {
            guard let equals = part.firstIndex(of: "=") else { return nil }
            values[part[..<equals]] = part[part.index(after: equals)...]
        }
        guard let seed = values["seed"].flatMap({ UInt64($0) }) else { return nil }
        self.init(seed: seed)
        schedulers = values["schedulers"].flatMap { Int($0) } ?? schedulers
        dags = values["dags"].flatMap { Int($0) } ?? dags
        steps = values["steps"].flatMap { Int($0) } ?? steps
        breakage = values["breakage"].flatMap { Breakage(rawValue: String($0)) }
        if let names = values["troubles"] {
            troubles = Set(names.split(separator: ",").compactMap { Trouble(rawValue: String($0)) })
        }
    }

    package var description: String {
        let names = troubles.map(\.rawValue).sorted().joined(separator: ",")
        return "seed=\(seed) schedulers=\(schedulers) dags=\(dags) steps=\(steps) troubles=\(names)"
            + (breakage.map { " breakage=\($0.rawValue)" } ?? "")
    }

    /// The one command that shows it again.
    package var command: String { "make sim SCENARIO='\(self)'" }

    /// Smaller ones, the most promising first.
    var smaller: [ClusterScenario] {
        var result: [ClusterScenario] = []
        func add(_ change: (inout ClusterScenario) -> Void) {
            var other = self
            change(&other)
            if other != self { result.append(other) }
        }
        if steps > 1 { add { $0.steps /= 2 } }
        for trouble in Trouble.allCases where troubles.contains(trouble) { add { $0.troubles.remove(trouble) } }
        if dags > 1 { add { $0.dags -= 1 } }
        if schedulers > 1 { add { $0.schedulers -= 1 } }
        if steps > 1 { add { $0.steps -= 1 } }
        return result
    }
}

extension ClusterScenario {
    /// What is wrong in the world of this scenario, and the last of what happened; `nil` when all is well.
    package struct Failure: Sendable {
        package var scenario: ClusterScenario
        package var problems: [String]
        package var trace: [String]
    }

    /// - Parameter traces: keeps what happened, for people; costs time.
    package func failure(traces: Bool = false) -> Failure? {
        let cluster = SimulatedCluster(self, traces: traces)
        cluster.run()
        guard !cluster.problems.isEmpty else { return nil }
        return Failure(scenario: self, problems: cluster.problems, trace: cluster.trace)
    }

    /// All that happens in its world.
    package var trace: [String] {
        let cluster = SimulatedCluster(self, traces: true)
        cluster.run()
        return cluster.trace
    }

    /// Worlds that are tried to make a failure smaller.
    private static let maximumTrials = 400

    /// The smallest scenario found in which an invariant of the same number breaks.
    package func shrunk() -> Failure? {
        guard var best = failure() else { return nil }
        var trials = 0
        var hasShrunk = true
        while hasShrunk, trials < Self.maximumTrials {
            hasShrunk = false
            for candidate in best.scenario.smaller {
                trials += 1
                guard let failure = candidate.failure(), failure.rule == best.rule else { continue }
                best = failure
                hasShrunk = true
                break
            }
        }
        return best.scenario.failure(traces: true)
    }
}

extension ClusterScenario.Failure {
    /// The invariant that broke first: `I1`, `L2`.
    package var rule: Substring { problems.first?.prefix { $0 != ":" } ?? "" }

    /// For people: the command, what is wrong, and the last steps.
    package var report: String {
        ([scenario.command] + problems.prefix(5) + trace.suffix(60)).joined(separator: "\n")
    }
}
