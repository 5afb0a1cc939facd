import PipelineCore
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("2026-01-01", "2026-01-01T00:00:00Z"), ("2026-01-01 03:04", "2026-01-01T03:04:00Z"),
        ("2026-01-01T03:04:05.25+01:00", "2026-01-01T02:04:05.250000Z"), ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
        ("2024-02-29T00:00:00-0530", "2024-02-29T05:30:00Z"),
    ])
    func readsISO8601(_ text: String, _ expected: String) {
        #expect(Timestamp(iso8601: text)?.apiFormat == expected)
    }

    @Test(arguments: ["", "2026", "2026-13-01", "2025-02-29", "2026-01-01T25:00", "2026-01-01T00:00:00+", "x"])
    func refusesOtherText(_ text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func everyDayOfFourCenturiesRoundTrips() {
        for day in stride(from: -146_097, through: 146_097, by: 37) {
            #expect(CivilDate(daysSinceEpoch: day).daysSinceEpoch == day)
        }
    }

    /// `timedelta.max` of a task ended the whole scheduler.
    @Test(arguments: [86_399_999_999_999.0, 1e300, .infinity, -1e300, .nan])
    func aDurationBeyondAllTimeCanBeAdded(_ seconds: Double) {
        let duration = Duration(fractionalSeconds: seconds)
        let year = Timestamp(seconds: 1_767_225_600)
        #expect((year + duration) - year == duration)
    }
}
