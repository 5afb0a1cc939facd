import Testing

@testable import PipelineCore

struct FixedOffsetTests {
    private static let names: [(String, Int?)] = [
        ("+05:30", 19_800), ("-03:00", -10_800), ("+00:19:32", 1_172), ("+24:00", nil), ("+05", nil), ("UTC", nil),
        ("+05:60", nil), ("+-5:00", nil), ("", nil),
    ]

    @Test(arguments: names)
    func readsOffsetNames(name: String, seconds: Int?) {
        #expect(ZoneRules.fixed(named: name)?.offset(at: Timestamp(microseconds: 0)).seconds == seconds)
    }
}
