import PipelineCore
import Testing

/// Berlin 2026: 02:00 becomes 03:00 on 29 March, 03:00 becomes 02:00 on 25 October.
@Suite struct DSTPolicyTests {
    private static let zone = Result { try TimetableGoldenTests.zone("Europe/Berlin") }

    private func ticks(_ expression: String, _ policy: DSTPolicy) throws -> CronTicks {
        CronTicks(cron: try CronExpression(expression), zone: try Self.zone.get(), policy: policy)
    }

    private func walk(_ ticks: CronTicks, from start: String, _ count: Int) throws -> [String] {
        var instant = try #require(Timestamp(iso8601: start))
        return (0..<count).map { _ in
            instant = ticks.next(after: instant)
            return "\(instant)"
        }
    }

    @Test func whereNothingIsStatedItIsAirflows() throws {
        let ticks = try ticks("30 2 * * *", .airflow)
        #expect(try walk(ticks, from: "2026-03-28T12:00:00Z", 2) == ["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"])
        #expect(try walk(ticks, from: "2026-10-24T12:00:00Z", 2) == ["2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"])
    }

    @Test func aGapMayBePassedOver() throws {
        let ticks = try ticks("30 2 * * *", DSTPolicy(gap: .skip))
        #expect(try walk(ticks, from: "2026-03-28T12:00:00Z", 2) == ["2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"])
    }

    @Test(arguments: [
        (DSTPolicy.Fold.first, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        (.second, ["2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]),
        (.both, ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
    ])
    func aFoldCountsAsStated(_ fold: DSTPolicy.Fold, _ expected: [String]) throws {
        let ticks = try ticks("30 2 * * *", DSTPolicy(gap: .skip, fold: fold))
        #expect(try walk(ticks, from: "2026-10-24T12:00:00Z", 2) == expected)
    }

    /// 02:00, 02:20, 02:40 are shown twice, 01:40 and 03:00 once: `both` gives each instant once, in order.
    @Test func bothReadingsOfManyTicksComeInOrder() throws {
        let ticks = try ticks("*/20 1-3 25 10 *", DSTPolicy(fold: .both))
        let found = try walk(ticks, from: "2026-10-24T23:30:00Z", 9)
        #expect(found == [
            "2026-10-24T23:40:00Z", "2026-10-25T00:00:00Z", "2026-10-25T00:20:00Z", "2026-10-25T00:40:00Z",
            "2026-10-25T01:00:00Z", "2026-10-25T01:20:00Z", "2026-10-25T01:40:00Z", "2026-10-25T02:00:00Z",
            "2026-10-25T02:20:00Z",
        ])
    }

    /// Expressions that run in every hour follow elapsed time, whatever is stated.
    @Test func everyHourIsEveryHour() throws {
        for policy in [DSTPolicy.airflow, DSTPolicy(gap: .skip, fold: .first)] {
            let found = try walk(try ticks("0 * * * *", policy), from: "2026-10-24T23:30:00Z", 3)
            #expect(found == ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"])
        }
    }

    /// The one property that schedules stand on: going back from the next tick leads to where one came from.
    @Test(arguments: [DSTPolicy.Gap.shift, .skip], DSTPolicy.Fold.allCases)
    func theWayBackIsTheWayForward(_ gap: DSTPolicy.Gap, _ fold: DSTPolicy.Fold) throws {
        for expression in ["30 2 * * *", "*/20 1-3 * * *", "0 */6 * * *", "15 3 * * 0"] {
            let ticks = try ticks(expression, DSTPolicy(gap: gap, fold: fold))
            for start in ["2026-03-27T00:10:00Z", "2026-10-23T00:10:00Z"] {
                var instant = ticks.next(after: try #require(Timestamp(iso8601: start)))
                for _ in 0..<40 {
                    let next = ticks.next(after: instant)
                    #expect(next > instant)
                    // Airflow's own policy lets a shifted tick fall on another one, or behind it.
                    if gap == .skip { #expect(ticks.previous(before: next) == instant, "\(expression) \(next)") }
                    instant = next
                }
            }
        }
    }
}
