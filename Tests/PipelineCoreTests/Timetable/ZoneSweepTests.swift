import Foundation
import PipelineCore
import Testing

/// Every change of the clocks in every zone, 1990 to 2040, against what Airflow's timetables and croniter answer there
/// (scripts/sweep-timetables.py). Every fifth change in an ordinary run, all with PIPELINE_SWEEP=all.
@Suite struct ZoneSweepTests {
    struct Recorded: Decodable, Sendable {
        var zone: String
        var file: String
        var changes: Int
        var all: String
        var some: String
    }

    static let recorded: [Recorded] = {
        let file = URL(filePath: #filePath).appending(path: "../../../Fixtures/timetables/sweep.json").standardized
        guard let data = try? Data(contentsOf: file) else { return [] }
        return (try? JSONDecoder().decode([Recorded].self, from: data)) ?? []
    }()

    static let isWhole = ProcessInfo.processInfo.environment["PIPELINE_SWEEP"] == "all"
    static let first = Timestamp(microseconds: 631_152_000_000_000)
    static let last = Timestamp(microseconds: 2_208_988_800_000_000)
    static let week = Duration.seconds(7 * 86_400)
    static let hour = 3_600
    /// Expression, seconds before the change, ticks: as in the script.
    static let walks: [(expression: String, before: Int, count: Int)] = [
        ("30 2 * * *", 30 * hour, 3), ("0 0 * * *", 30 * hour, 3), ("15 0,1,2,3 * * *", 5 * hour, 8),
        ("*/20 * * * *", 2 * hour, 12), ("0 */6 * * *", 12 * hour, 5),
    ]

    @Test func everyAnswerIsAirflows() async throws {
        #expect(Self.recorded.count > 300)
        let outcomes = try await withThrowingTaskGroup(of: Outcome.self) { group in
            for item in Self.recorded { group.addTask { try Self.compare(item) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let compared = outcomes.filter { $0 != .otherRules }.count
        // A machine whose zones are newer than the record passes some over, but never most of them.
        #expect(compared * 2 > Self.recorded.count, "the zones of this machine are others: run scripts/sweep-timetables.py")
        for case .different(let zone) in outcomes {
            Issue.record("\(zone): see scripts/sweep-timetables.py --zone \(zone)")
        }
    }

    enum Outcome: Sendable, Equatable {
        case equal, otherRules
        case different(String)
    }

    static func compare(_ item: Recorded) throws -> Outcome {
        let bytes = try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(item.zone)"))
        guard let bytes, digest(bytes) == item.file else { return .otherRules }
        let zone = try ZoneRules(name: item.zone, tzif: Array(bytes))
        let changes = Self.changes(zone)
        guard changes.count == item.changes else { return .different(item.zone) }
        let answers = try text(zone, changes)
        return digest(answers.utf8) == (isWhole ? item.all : item.some) ? .equal : .different(item.zone)
    }

    /// FNV-1a, 64 bits.
    static func digest(_ bytes: some Sequence<UInt8>) -> String {
        let value = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return String(value, radix: 16)
    }

    static func text(_ zone: ZoneRules, _ changes: [Timestamp]) throws -> String {
        let ticks = try walks.map { (CronTicks(cron: try CronExpression($0.expression), zone: zone), $0) }
        var text = ""
        for (number, change) in changes.enumerated() where isWhole || number.isMultiple(of: 5) {
            for (ticks, walk) in ticks {
                let answers = self.walk(ticks, from: change - .seconds(walk.before), walk.count)
                text += "\(seconds(change)) \(walk.expression) \(answers.map(String.init).joined(separator: " "))\n"
            }
        }
        return text
    }

    static func walk(_ ticks: CronTicks, from start: Timestamp, _ count: Int) -> [Int] {
        var (instant, answers) = (start, [Int]())
        for number in 0..<2 * count {
            instant = number < count ? ticks.next(after: instant) : ticks.previous(before: instant)
            answers.append(seconds(instant))
        }
        return answers
    }

    static func seconds(_ instant: Timestamp) -> Int { Int(instant.microseconds / 1_000_000) }

    static func changes(_ zone: ZoneRules) -> [Timestamp] {
        var (low, found) = (first, [Timestamp]())
        while low < last {
            let high = low + week
            if zone.offset(at: low).seconds != zone.offset(at: high).seconds { found.append(bisect(zone, low, high)) }
            low = high
        }
        return found
    }

    static func bisect(_ zone: ZoneRules, _ low: Timestamp, _ high: Timestamp) -> Timestamp {
        let before = zone.offset(at: low).seconds
        var (low, high) = (seconds(low), seconds(high))
        while high - low > 1 {
            let middle = (low + high) / 2
            let isBefore = zone.offset(at: Timestamp(microseconds: Int64(middle) * 1_000_000)).seconds == before
            (low, high) = isBefore ? (middle, high) : (low, middle)
        }
        return Timestamp(microseconds: Int64(high) * 1_000_000)
    }
}
