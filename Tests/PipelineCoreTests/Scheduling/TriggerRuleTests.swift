import PipelineCore
import PipelineTestSupport
import Testing

/// Every rule with every multiset of up to four parent states, against what Airflow's own `TriggerRuleDep` answered
/// (`scripts/make-scheduling-golden.py`) and against a second, independent wording of the rules.
@Suite struct TriggerRuleTests {
    /// A letter of the recorded cases; upper case marks a setup.
    private static let states: [Character: TaskState?] = [
        "s": .success, "f": .failed, "k": .skipped, "u": .upstreamFailed, "r": .removed, "-": nil,
    ]

    private struct Case {
        var rule: TriggerRule
        var parents: String
        var endState: TaskState?
        var holds: Bool

        var counts: UpstreamCounts {
            var counts = UpstreamCounts()
            for letter in parents {
                counts.count(TriggerRuleTests.state(letter), isSetup: letter.isUppercase)
                counts.expect(isSetup: letter.isUppercase)
            }
            return counts
        }
    }

    private static func state(_ letter: Character) -> TaskState? {
        states[Character(letter.lowercased())] ?? nil
    }

    private static func cases() throws -> [Case] {
        try Golden.lines("trigger-rules.txt").map { fields in
            Case(
                rule: try #require(TriggerRule(rawValue: fields[0])), parents: fields[1] == "." ? "" : fields[1],
                endState: TaskState(rawValue: fields[2]),
                holds: fields[3] == "holds")
        }
    }

    @Test func everyAnswerIsAirflows() throws {
        let cases = try Self.cases()
        #expect(cases.count > 2_800)
        #expect(Set(cases.map(\.rule)) == Set(TriggerRule.allCases))
        for one in cases {
            let check = TriggerRuleCheck(
                rule: one.rule, counts: one.counts, mapIndex: -1, hasUpstream: !one.parents.isEmpty)
            #expect(check.endState == one.endState, "\(one.rule.rawValue) \(one.parents)")
            #expect(check.holds == one.holds, "\(one.rule.rawValue) \(one.parents)")
        }
    }

    @Test func everyAnswerFitsTheWordsOfTheRule() throws {
        for one in try Self.cases() where !one.parents.isEmpty {
            let check = TriggerRuleCheck(rule: one.rule, counts: one.counts, mapIndex: -1, hasUpstream: true)
            let setups = one.parents.filter(\.isUppercase).map(Self.state)
            let words = RuleOracle.holds(one.rule, one.parents.map(Self.state), setups: setups)
            #expect(check.holds == words, "\(one.rule.rawValue) \(one.parents)")
        }
    }

    /// A rule that will never hold ends the task; no other order of the same reports may end otherwise than waiting.
    @Test func aTaskInARunGoesWhereItsRuleSays() throws {
        for one in try Self.cases() where !one.parents.isEmpty && !one.parents.contains(where: { "ruRU".contains($0) }) {
            guard !one.parents.contains("-") else { continue }
            var builder = DAGBuilder()
            builder.header.maxActiveTasks = 8
            let ids = one.parents.indices.map { "p\(one.parents.distance(from: one.parents.startIndex, to: $0))" }
            for (id, letter) in zip(ids, one.parents) { builder.task(id) { $0.isSetup = letter.isUppercase } }
            builder.task("child", after: ids) { $0.triggerRule = one.rule }
            let script = MachineScript()
            script.send(.runCreated(script.newRun(try builder.build())))
            for (id, letter) in zip(ids, one.parents) { script.end(id, -1, Self.outcome(letter)) }
            let expected: TaskState = one.endState ?? .queued
            let early: [TriggerRule] = [.oneSuccess, .oneFailed, .oneDone, .always, .allSkipped, .allFailed, .noneSkipped]
            if one.holds || !early.contains(one.rule) {
                #expect(script.state("child") == expected, "\(one.rule.rawValue) \(one.parents)")
            }
        }
    }

    private static func outcome(_ letter: Character) -> TaskOutcome {
        switch state(letter) {
        case .failed: .failed(reason: "scripted")
        case .skipped: .skipped()
        default: .success()
        }
    }

    @Test func aMappedInstanceBeyondAShorterUpstreamIsRemoved() {
        var counts = UpstreamCounts()
        counts.success = 2
        counts.removed = 1
        counts.total = 3
        let third = TriggerRuleCheck(rule: .allSuccess, counts: counts, mapIndex: 2, hasUpstream: true)
        #expect(third.endState == .removed)
        let second = TriggerRuleCheck(rule: .allSuccess, counts: counts, mapIndex: 1, hasUpstream: true)
        #expect(second.endState == nil && second.holds)
    }
}
