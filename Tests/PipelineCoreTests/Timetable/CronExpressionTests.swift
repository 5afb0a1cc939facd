import PipelineCore
import Testing

@Suite struct CronExpressionTests {
    @Test(arguments: [
        "", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "a * * * *",
        "1- * * * *", "* * * * 5#6", "* * * * * * *", "1,,2 * * * *",
    ])
    func refusesWithTheField(_ text: String) {
        #expect(throws: CronError.self) { try CronExpression(text) }
    }

    @Test func secondsStandLast() throws {
        let cron = try CronExpression("0 12 * * * 30")
        let start = CivilDate(year: 2026, month: 1, day: 1, hour: 12, minute: 0, second: 30)
        let next = try #require(cron.next(after: start))
        #expect(next == CivilDate(year: 2026, month: 1, day: 2, hour: 12, minute: 0, second: 30))
    }

    @Test func anImpossibleDateHasNoNext() throws {
        let cron = try CronExpression("0 0 31 2 *")
        #expect(cron.next(after: CivilDate(year: 2026, month: 1, day: 1)) == nil)
        #expect(cron.previous(before: CivilDate(year: 2026, month: 1, day: 1)) == nil)
    }

    @Test(arguments: ["*/7 3-5 * * *", "0 0 L * *", "5,35 * * * 2#2", "0 22-2 * * fri-mon", "0 0 13 * 5", "@quarterly"])
    func previousUndoesNext(_ text: String) throws {
        let cron = try CronExpression(text)
        var moment = CivilDate(year: 2026, month: 2, day: 3, hour: 4, minute: 5, second: 6)
        for _ in 0..<200 {
            let next = try #require(cron.next(after: moment))
            let after = try #require(cron.next(after: next))
            #expect(cron.previous(before: after) == next)
            moment = next
        }
    }
}
