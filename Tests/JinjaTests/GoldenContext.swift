@testable import Jinja

/// The context of scripts/make-jinja-golden.py, built from the same data.
struct GoldenContext {
    /// The fixture's `data`, parsed anew for each use since templates may change it.
    let data: JinjaDict

    static let names: Set<String> = [
        "dag_run", "logical_date", "data_interval_start", "data_interval_end", "fraction", "paris", "plain", "ds",
        "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz", "macros", "ti", "task_instance", "dag", "task", "var", "conn",
        "run_id", "task_instance_key_str", "partition_key", "params", "numbers", "floats", "mixed", "words",
    ]

    static let logicalDate = moment(2024, 2, 28, 13, 45, 6)

    private static func moment(
        _ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0,
        _ microsecond: Int = 0
    ) -> JinjaDateTime {
        let days = CalendarDay(year: year, month: month, day: day).days
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
        return JinjaDateTime(unixMicroseconds: seconds * 1_000_000 + microsecond, zone: .pendulumUTC)
    }

    func make() throws -> JinjaContext {
        let paris = JinjaZone.pendulum(name: "Europe/Paris", abbreviation: "CEST", offsetSeconds: 7200)
        let summer = Self.moment(2024, 7, 1, 6, 5, 9)
        let plain = Self.moment(2024, 1, 5, 9, 3, 7)
        var values = try AirflowDateContext.values(logicalDate: Self.logicalDate)
        for name in ["run_id", "task_instance_key_str", "partition_key", "params", "numbers", "floats", "mixed", "words"] {
            values[name] = data.get(text: name)
        }
        values["data_interval_start"] = .datetime(Self.moment(2024, 2, 27))
        values["data_interval_end"] = .datetime(Self.moment(2024, 2, 28))
        values["fraction"] = .datetime(Self.moment(2023, 12, 31, 23, 59, 58, 120))
        values["paris"] = .datetime(JinjaDateTime(unixMicroseconds: summer.instant, zone: paris))
        values["plain"] = .datetime(JinjaDateTime(wall: plain.wall, zone: nil, flavor: .python))
        values["macros"] = .object(JinjaMacros())
        values["ti"] = taskInstance
        values["task_instance"] = taskInstance
        values["dag"] = record("Attributes", ["dag_id": .string("example")])
        values["task"] = record("Attributes", ["task_id": .string("hello"), "retries": .int(2)])
        values["dag_run"] = dagRun
        values["var"] = .dict([("json", variables(parses: true)), ("value", variables(parses: false))])
        values["conn"] = connections
        return JinjaContext(values)
    }

    private func record(_ type: String, _ attributes: [String: JinjaValue]) -> JinjaValue {
        .object(JinjaRecord(typeName: "__main__.\(type) object", attributes: attributes))
    }

    private func section(_ name: String) -> JinjaDict {
        guard case .dict(let dict)? = data.get(text: name) else { return JinjaDict() }
        return dict
    }

    private var taskInstance: JinjaValue {
        let xcoms = section("xcoms")
        let pull = JinjaFunction("xcom_pull") { arguments in
            let key = try arguments.bind("xcom_pull", ["task_ids", "key"])[1]
            return xcoms.get(text: try key.string("key", default: "return_value")) ?? JinjaValue.none
        }
        return record(
            "TaskInstance",
            [
                "task_id": .string("hello"), "dag_id": .string("example"), "try_number": .int(2), "map_index": .int(-1),
                "xcom_pull": .object(pull),
            ])
    }

    /// The run's dates come from pydantic, so they are plain datetimes in pydantic's own zone type.
    private var dagRun: JinjaValue {
        let zone = JinjaZone(
            offsetSeconds: 0, abbreviation: "UTC", name: "UTC", repr: "TzInfo(0)", isConstant: true)
        func date(_ moment: JinjaDateTime) -> JinjaValue {
            .datetime(JinjaDateTime(unixMicroseconds: moment.instant, zone: zone, flavor: .python))
        }
        return record(
            "DagRun",
            [
                "logical_date": date(Self.logicalDate), "start_date": date(Self.moment(2024, 2, 28, 13, 46, 0, 123456)),
                "end_date": JinjaValue.none, "conf": data.get(text: "conf") ?? .none,
                "run_id": data.get(text: "run_id") ?? .none,
            ])
    }

    private func variables(parses: Bool) -> JinjaValue {
        let stored = section("variables")
        func value(_ name: String) throws -> JinjaValue? {
            guard case .string(let text)? = stored.get(text: name) else { return nil }
            return parses ? try PythonJSON.load(text) : .string(text)
        }
        return .object(
            JinjaLookup(typeName: "__main__.Variables object") { name in
                guard name == "get" else { return try value(name) }
                return .object(
                    JinjaFunction("get") { arguments in
                        let bound = try arguments.bind("get", ["key", "default"], required: 1)
                        return try value(try bound[0].string("key", default: "")) ?? bound[1] ?? JinjaValue.none
                    })
            })
    }

    private var connections: JinjaValue {
        let stored = section("connections")
        return .object(
            JinjaLookup(typeName: "__main__.Connections object") { name in
                guard case .dict(let fields)? = stored.get(text: name) else { return nil }
                var attributes: [String: JinjaValue] = [:]
                for entry in fields.entries { attributes[entry.key.text ?? ""] = entry.value }
                return .object(JinjaRecord(typeName: "__main__.Attributes object", attributes: attributes))
            })
    }
}
