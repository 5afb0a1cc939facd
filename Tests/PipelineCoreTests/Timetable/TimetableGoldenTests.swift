import Foundation
import PipelineCore
import Testing

/// What Airflow's own timetables answer (scripts/make-timetable-golden.py), and that ours answer the same.
@Suite struct TimetableGoldenTests {
    static let cases: [JSONValue] = {
        let file = URL(filePath: #filePath).appending(path: "../../../Fixtures/timetables/golden.json").standardized
        guard let data = try? Data(contentsOf: file), let value = try? JSONValue.parse(utf8: Array(data)) else { return [] }
        return value.arrayValue ?? []
    }()

    static func zone(_ name: String) throws -> ZoneRules {
        if name == "UTC" { return .utc }
        let data = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
        return try ZoneRules(name: name, tzif: Array(data))
    }

    @Test func thereAreCases() { #expect(Self.cases.count > 1_000) }

    @Test func everyAnswerIsAirflows() throws {
        for item in Self.cases {
            let timetable = try #require(try TimetableFactory(zone: Self.zone).timetable(try Self.definition(item)))
            let now = try #require(Self.time(item["now"]))
            let manual = timetable.manualDataInterval(at: now)
            #expect([manual.start, manual.end] == item["manual"]?.arrayValue?.map(Self.time), "\(item.serialized())")
            let restriction = TimeRestriction(
                earliest: Self.time(item["earliest"]), latest: Self.time(item["latest"]),
                catchup: item["catchup"] == true)
            var last: DataInterval?
            if let start = Self.time(item["last_start"]), let end = Self.time(item["last_end"]) {
                last = DataInterval(start: start, end: end)
            }
            let next = timetable.nextRun(after: last, within: restriction, now: now)
            let answer = next.map { [$0.runAfter, $0.logicalDate, $0.dataInterval.end] }
            #expect(answer == item["next"]?.arrayValue?.map(Self.time), "\(item.serialized())")
        }
    }

    static func time(_ value: JSONValue?) -> Timestamp? { value?.stringValue.flatMap { Timestamp(iso8601: $0) } }

    static func definition(_ item: JSONValue) throws -> TimetableDefinition {
        let expression = item["expression"]?.stringValue ?? ""
        let timezone = item["timezone"]?.stringValue ?? ""
        let delta = TimetableDefinition.TimeDelta(duration: .seconds(item["seconds"]?.intValue ?? 0))
        switch item["kind"]?.stringValue {
        case "cron_interval": return .cronDataInterval(expression: expression, timezone: timezone)
        case "cron_trigger":
            let immediately: TimetableDefinition.RunImmediately =
                switch item["run_immediately"] {
                case true?: .always
                case .double(let seconds)?: .within(Duration(fractionalSeconds: seconds))
                default: .never
                }
            return .cronTrigger(
                expression: expression, timezone: timezone, interval: .seconds(item["interval"]?.intValue ?? 0),
                runImmediately: immediately)
        case "delta_interval": return .deltaDataInterval(delta: delta)
        case "delta_trigger": return .deltaTrigger(delta: delta, interval: .init())
        default:
            return .multipleCronTrigger(
                expressions: item["expressions"]?.arrayValue?.compactMap(\.stringValue) ?? [], timezone: timezone,
                interval: .zero, runImmediately: .never)
        }
    }
}
