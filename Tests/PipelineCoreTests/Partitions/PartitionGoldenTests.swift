import Foundation
import PipelineCore
import Testing

/// What Airflow's own partition mappers, wait policies and partition timetable answer
/// (scripts/make-partition-golden.py), and that ours answer the same.
@Suite struct PartitionGoldenTests {
    static let golden: JSONValue = {
        let file = URL(filePath: #filePath).appending(path: "../../../Fixtures/partitions/golden.json").standardized
        guard let data = try? Data(contentsOf: file), let value = try? JSONValue.parse(utf8: Array(data)) else { return .null }
        return value
    }()

    static func cases(_ name: String) -> [JSONValue] { golden[name]?.arrayValue ?? [] }

    static let error: JSONValue = ["error": true]

    @Test func thereAreCases() {
        #expect(Self.cases("mappings").count == 1_200)
        #expect(Self.cases("policies").count == 300)
        #expect(Self.cases("crons").count == 600)
    }

    @Test func everyMapperAnswersAsAirflows() throws {
        let factory = PartitionMapperFactory(zone: TimetableGoldenTests.zone)
        for item in Self.cases("mappings") {
            let mapper = try factory.mapper(try #require(item["mapper"]))
            #expect(!mapper.needsPython)
            #expect(Self.targets(mapper, item["key"]?.stringValue ?? "") == item["targets"], "\(item.serialized())")
            for target in item["of"]?.arrayValue ?? [] {
                let key = target["key"]?.stringValue ?? ""
                #expect(Self.upstream(mapper, key) == target["upstream"], "\(key) of \(item.serialized())")
                #expect(Self.date(mapper, key) == target["date"], "\(key) of \(item.serialized())")
            }
        }
    }

    private static func targets(_ mapper: PartitionMapper, _ key: String) -> JSONValue {
        switch try? mapper.targets(of: key) {
        case nil: error
        case .one(let target)?: .string(target)
        case .several(let targets)?: .array(targets.sorted().map { .string($0) })
        }
    }

    private static func upstream(_ mapper: PartitionMapper, _ target: String) -> JSONValue {
        do {
            return try mapper.requirement(for: target).map { .array($0.expected.sorted().map { .string($0) }) } ?? .null
        } catch {
            return Self.error
        }
    }

    private static func date(_ mapper: PartitionMapper, _ target: String) -> JSONValue {
        do {
            return try mapper.date(of: target).map { .int(Int($0.microseconds)) } ?? .null
        } catch {
            return Self.error
        }
    }

    @Test func everyPolicyAnswersAsAirflows() throws {
        for item in Self.cases("policies") {
            let policy: WaitPolicy = item["minimum"]?.intValue.map { .minimum($0) } ?? .all
            let expected = Set(item["expected"]?.arrayValue?.compactMap(\.stringValue) ?? [])
            let arrived = Set(item["arrived"]?.arrayValue?.compactMap(\.stringValue) ?? [])
            #expect(.bool(policy.isUnreachable(expected: expected.count)) == item["unreachable"], "\(item.serialized())")
            let isSatisfied = policy.isSatisfied(arrived: arrived, expected: expected)
            #expect(.bool(isSatisfied) == item["satisfied"], "\(item.serialized())")
        }
    }

    @Test func everyPartitionByTimeIsAirflows() throws {
        for item in Self.cases("crons") {
            let timetable = try #require(try TimetableFactory(zone: TimetableGoldenTests.zone).timetable(try Self.definition(item)))
            let now = try #require(TimetableGoldenTests.time(item["now"]))
            let restriction = TimeRestriction(
                earliest: TimetableGoldenTests.time(item["earliest"]), latest: TimetableGoldenTests.time(item["latest"]),
                catchup: item["catchup"] == true)
            let last = TimetableGoldenTests.time(item["last"]).map { DataInterval.exact($0) }
            let next = timetable.nextRun(after: last, within: restriction, now: now)
            #expect(next?.runAfter == TimetableGoldenTests.time(item["next"]?[0]), "\(item.serialized())")
            #expect(next?.partition?.date == TimetableGoldenTests.time(item["next"]?[1]), "\(item.serialized())")
            #expect(next?.partition?.key == item["next"]?[2]?.stringValue, "\(item.serialized())")
            #expect(Self.date(timetable, item["asked"]?.stringValue ?? "") == item["date"], "\(item.serialized())")
        }
    }

    private static func date(_ timetable: any Timetable, _ key: String) -> JSONValue {
        do {
            return try timetable.partitionDate(of: key).map { .int(Int($0.microseconds)) } ?? .null
        } catch {
            return Self.error
        }
    }

    private static func definition(_ item: JSONValue) throws -> TimetableDefinition {
        let arguments = try #require(item["timetable"]?["__var"])
        let immediately: TimetableDefinition.RunImmediately =
            switch arguments["run_immediately"] {
            case true?: .always
            case .double(let seconds)?: .within(Duration(fractionalSeconds: seconds))
            default: .never
            }
        return .cronPartition(
            expression: arguments["expression"]?.stringValue ?? "", timezone: arguments["timezone"]?.stringValue ?? "",
            runOffset: arguments["run_offset"]?.intValue ?? 0, keyFormat: arguments["key_format"]?.stringValue ?? "",
            runImmediately: immediately)
    }
}
