/// Airflow's own filters on dates.
extension Filters {
    static let airflow: [String: Filter] = [
        "ds": { try formatted($0, $1, "%Y-%m-%d") },
        "ds_nodash": { try formatted($0, $1, "%Y%m%d") },
        "ts_nodash": { try formatted($0, $1, "%Y%m%dT%H%M%S") },
        "ts": { value, arguments in
            try plain(value, arguments, "ts").isNone ? .none : .string(try isoformat(value))
        },
        "ts_nodash_with_tz": { value, arguments in
            if try plain(value, arguments, "ts_nodash_with_tz").isNone { return .none }
            return .string(PythonText.make(try isoformat(value).unicodeScalars.filter { $0 != "-" && $0 != ":" }))
        },
    ]

    private static func formatted(_ value: JinjaValue, _ arguments: JinjaArguments, _ format: String) throws -> JinjaValue {
        _ = try arguments.bind("date filter", [])
        switch value {
        case .none: return .none
        case .undefined(let undefined): throw undefined.error
        case .datetime(let moment): return .string(try Strftime.format(moment, format))
        case .date(let date): return try DateTimeMethods.call(date, "strftime", JinjaArguments([.string(format)]))
        default: throw try refused(value, "strftime")
        }
    }

    private static func isoformat(_ value: JinjaValue) throws -> String {
        switch value {
        case .undefined(let undefined): throw undefined.error
        case .datetime(let moment): return moment.isoformat()
        case .date(let date): return isoDate(date.day)
        default: throw try refused(value, "isoformat")
        }
    }

    private static func refused(_ value: JinjaValue, _ method: String) throws -> JinjaError {
        if case .object(let object) = value { return unsupported("date filter on \(object.typeName)") }
        return pythonError("AttributeError", "'\(value.pythonTypeName)' object has no attribute '\(method)'")
    }
}
