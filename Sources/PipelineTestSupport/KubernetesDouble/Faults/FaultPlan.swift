import PipelineCore

extension KubernetesDouble {
    /// Faults by chance: the same seed and the same calls give the same faults.
    package struct FaultPlan: Sendable {
        /// Of all calls, how many fail: 0...1.
        package var rate: Double
        /// After so much simulated time the faults stop, so that liveness can be checked.
        package var until: Duration
        private var random: SplitMix64

        package init(seed: UInt64, rate: Double = 0.1, until: Duration = .seconds(600)) {
            self.rate = rate
            self.until = until
            random = SplitMix64(seed: seed)
        }

        mutating func draw(for call: Call) -> Fault? {
            guard call.at < until, Double.random(in: 0..<1, using: &random) < rate else { return nil }
            return Self.faults(for: call).randomElement(using: &random)
        }

        private static let anywhere: [Fault] = [
            .tooManyRequests, .internalError, .unavailable(retryAfter: 1), .unavailable(), .gatewayTimeout,
            .resetBeforeEffect, .resetAfterEffect, .slow(.seconds(5)), .hangsAfterEffect,
        ]

        private static func faults(for call: Call) -> [Fault] {
            switch (call.verb, call.subresource) {
            case (.watch, _):
                anywhere + [.expired, .expiredEvent, .silent, .cut(afterBytes: 700), .end(afterBytes: 3_000)]
            case (.list, _): anywhere + [.stale(by: 3), .stale(by: 30), .expiredContinue]
            case (.get, "log"): anywhere + [.silent, .cut(afterBytes: 100), .end(afterBytes: 50)]
            case (.create, nil) where call.resource == .pods:
                anywhere + [
                    .internalErrorAfterEffect, .quotaExceeded(pod: call.name ?? ""), .quotaConflict(),
                    .warning("unknown field \"spec.foo\""),
                ]
            case (.create, _), (.update, _), (.patch, _), (.delete, _): anywhere + [.internalErrorAfterEffect]
            default: anywhere
            }
        }
    }
}

/// The faults of a double, and how often each had its turn.
struct FaultBook {
    struct Rule {
        let id: Int
        let matcher: KubernetesDouble.CallMatcher
        /// Which of the matching calls, counted from 1 since the rule was added.
        let calls: ClosedRange<Int>
        let fault: KubernetesDouble.Fault
        var seen = 0
    }

    private(set) var rules: [Rule] = []
    var plan: KubernetesDouble.FaultPlan?
    private var nextID = 0

    mutating func add(
        _ fault: KubernetesDouble.Fault, _ matcher: KubernetesDouble.CallMatcher, _ calls: ClosedRange<Int>
    ) -> Int {
        nextID += 1
        rules.append(Rule(id: nextID, matcher: matcher, calls: calls, fault: fault))
        return nextID
    }

    mutating func remove(_ id: Int) { rules.removeAll { $0.id == id } }

    mutating func clear() {
        rules = []
        plan = nil
    }

    mutating func draw(for call: KubernetesDouble.Call) -> [KubernetesDouble.Fault] {
        var drawn: [KubernetesDouble.Fault] = []
        for index in rules.indices where rules[index].matcher.matches(call) {
            rules[index].seen += 1
            if rules[index].calls.contains(rules[index].seen) { drawn.append(rules[index].fault) }
        }
        rules.removeAll { $0.seen >= $0.calls.upperBound }
        if let fault = plan?.draw(for: call) { drawn.append(fault) }
        return drawn
    }
}
