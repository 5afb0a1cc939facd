/// The `macros` entry of Airflow's context (`airflow.sdk.execution_time.macros`), as far as it depends on nothing but
/// its arguments. `uuid`, `random`, `time` and what reads the clock are left to Python.
package final class JinjaMacros: JinjaObject {
    package init() {}

    package var typeName: String { "airflow.sdk.execution_time.context.MacrosAccessor object" }
    package func string() throws -> String { "<MacrosAccessor (dynamic access to macros)>" }
    package func repr() throws -> String { try string() }

    package func attribute(_ name: String) throws -> JinjaValue? {
        switch name {
        case "ds_add": .object(JinjaFunction(name, JinjaMacros.addDays))
        case "ds_format": .object(JinjaFunction(name, JinjaMacros.reformat))
        case "datetime": .object(DateTimeClass())
        case "timedelta": .object(JinjaFunction(name, TimeDeltaClass.make))
        case "json": .object(JSONModule())
        default: throw unsupported("macros.\(name)")
        }
    }

    /// `ds_add(ds, days)`
    private static func addDays(_ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("ds_add", ["ds", "days"], required: 2)
        let date = try (bound[0] ?? .none).string()
        let days = try bound[1].integer("days", default: 0)
        if days == 0 { return .string(date) }
        let (change, overflow) = days.multipliedReportingOverflow(by: JinjaDateTime.microsecondsPerDay)
        if overflow { throw pythonError("OverflowError", "date value out of range") }
        let moved = try Strptime.parse(date, "%Y-%m-%d").moved(by: change)
        return .string(try Strftime.format(moved, "%Y-%m-%d"))
    }

    /// `ds_format(ds, input_format, output_format)`
    private static func reformat(_ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("ds_format", ["ds", "input_format", "output_format"], required: 3)
        let moment = try Strptime.parse(
            try (bound[0] ?? .none).string(), try bound[1].string("input_format", default: ""))
        return .string(try Strftime.format(moment, try bound[2].string("output_format", default: "")))
    }
}

/// The class `datetime.datetime`.
private final class DateTimeClass: JinjaObject {
    var typeName: String { "type object" }
    var isCallable: Bool { true }

    func call(_ arguments: JinjaArguments) throws -> JinjaValue {
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond"]
        let bound = try arguments.bind("datetime", names, required: 3)
        let fields = try names.indices.map { try bound[$0].integer(names[$0], default: 0) }
        let moment = JinjaDateTime(
            day: CalendarDay(year: fields[0], month: fields[1], day: fields[2]), hour: fields[3], minute: fields[4],
            second: fields[5], microsecond: fields[6], zone: nil, flavor: .python)
        guard let moment else { throw unsupported("datetime() of an impossible date") }
        return .datetime(moment)
    }

    func attribute(_ name: String) throws -> JinjaValue? {
        switch name {
        case "strptime":
            return .object(
                JinjaFunction(name) { arguments in
                    let bound = try arguments.bind(name, ["date_string", "format"], required: 2)
                    return .datetime(
                        try Strptime.parse(
                            try bound[0].string("date_string", default: ""), try bound[1].string("format", default: "")))
                })
        case "fromisoformat":
            return .object(
                JinjaFunction(name) { arguments in
                    let text = try arguments.bind(name, ["date_string"], required: 1)[0]
                    return .datetime(try ISOFormat.parse(try text.string("date_string", default: "")))
                })
        default: throw unsupported("macros.datetime.\(name)")
        }
    }
}

/// The class `datetime.timedelta`.
private enum TimeDeltaClass {
    static func make(_ arguments: JinjaArguments) throws -> JinjaValue {
        let names = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"]
        let sizes = [JinjaDateTime.microsecondsPerDay, 1_000_000, 1, 1000, 60_000_000, 3_600_000_000, 604_800_000_000]
        let bound = try arguments.bind("timedelta", names)
        var total = 0
        for (index, name) in names.enumerated() {
            let amount = try bound[index].integer(name, default: 0)
            guard abs(amount) < Int.max / 16 / sizes[index] else { throw unsupported("timedelta out of range") }
            total += amount * sizes[index]
        }
        return .timedelta(JinjaTimeDelta(microseconds: total))
    }
}

/// The module `json`.
private final class JSONModule: JinjaObject {
    var typeName: String { "module object" }

    func attribute(_ name: String) throws -> JinjaValue? {
        switch name {
        case "dumps": return .object(JinjaFunction("json.dumps", dump))
        case "loads":
            return .object(
                JinjaFunction("json.loads") { arguments in
                    let text = try arguments.bind("json.loads", ["s"], required: 1)[0]
                    return try PythonJSON.load(try text.string("s", default: ""))
                })
        default: throw unsupported("json.\(name)")
        }
    }

    private func dump(_ arguments: JinjaArguments) throws -> JinjaValue {
        guard arguments.positional.count == 1 else { throw unsupported("arguments of json.dumps()") }
        let names = ["obj", "indent", "sort_keys", "ensure_ascii", "separators"]
        let bound = try arguments.bind("json.dumps", names, required: 1)
        var options = PythonJSON.Options(
            indent: bound[1].isMissing ? nil : try bound[1].integer("indent", default: 0),
            sortsKeys: try bound[2].flag(default: false), ensuresASCII: try bound[3].flag(default: true))
        if let separators = bound[4], !separators.isNone {
            let pair = try separators.elements()
            guard pair.count == 2, let item = pair[0].text, let key = pair[1].text else {
                throw unsupported("separators of json.dumps()")
            }
            options.itemSeparator = item
            options.keySeparator = key
        }
        return .string(try PythonJSON.dump(bound[0] ?? .none, options))
    }
}
