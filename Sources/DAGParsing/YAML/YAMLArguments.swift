import PipelineCore

/// The arguments of an operator that a task gives, checked by their kinds, in the encoding of the reader.
struct YAMLArguments {
    private let task: YAMLTask
    private let fields: YAMLFields
    private let moment: YAMLMoment

    init(_ task: YAMLTask, _ moment: YAMLMoment) {
        self.task = task
        fields = task.fields
        self.moment = moment
    }

    /// Only those that are given; `null` where `null` is written.
    func encoded() throws(DAGParsingError) -> JSONObject {
        var result = JSONObject()
        for entry in fields.entries {
            guard let kind = task.kind.arguments[entry.key] else { continue }
            result[entry.key] = entry.value.isNull ? .null : try value(entry, kind: kind)
        }
        return result
    }

    private func value(_ entry: YAMLNode.Entry, kind: String) throws(DAGParsingError) -> JSONValue {
        let key = entry.key
        let json = entry.value.json
        switch kind {
        case "string": return try expect(fields.text(key).map { .string($0) }, entry, "a text")
        case "bool":
            // Arguments that are templates may hold one.
            if task.kind.templateFields.contains(key), let text = json.stringValue, text.contains("{{") { return json }
            return try expect(fields.bool(key).map { .bool($0) }, entry, "true or false")
        case "int": return try expect(fields.int(key).map { .int($0) }, entry, "an integer")
        case "ints":
            let list = json.arrayValue ?? [json]
            return try expect(
                list.allSatisfy { if case .int = $0 { true } else { false } } ? .array(list) : nil, entry, "integers")
        case "number": return try expect(json.doubleValue == nil ? nil : json, entry, "a number")
        case "seconds":
            if json.doubleValue != nil { return json }
            return try expect(fields.duration(key).map { .double($0.inSeconds) }, entry, YAMLSpan.expected)
        case "duration":
            return try expect(
                fields.duration(key).map { SerializedEncoding.encoded("timedelta", .double($0.inSeconds)) }, entry,
                YAMLSpan.expected)
        case "mode":
            return try expect(["poke", "reschedule"].contains(json) ? json : nil, entry, "poke or reschedule")
        case "strings":
            if let text = json.stringValue { return isListOnly(key) ? [.string(text)] : json }
            return try expect(fields.strings(key).map { .array($0.map { .string($0) }) }, entry, "a list of texts")
        case "string_or_list":
            return try expect(
                json.stringValue != nil || json.arrayValue != nil ? json : nil, entry, "a task id or a list of them")
        default: return try structured(entry, kind: kind)
        }
    }

    private func structured(_ entry: YAMLNode.Entry, kind: String) throws(DAGParsingError) -> JSONValue {
        let json = entry.value.json
        switch kind {
        case "string_map": return SerializedEncoding.encode(.object(try stringMap(entry)))
        case "object":
            return try expect(json.objectValue == nil ? nil : SerializedEncoding.encode(json), entry, "a mapping")
        case "objects":
            let list = json.arrayValue ?? [json]
            return SerializedEncoding.encode(.array(list))
        case "time": return try expect(Self.time(entry.value), entry, "a time of day (10:30 or 10:30:00)")
        case "moment":
            if let time = Self.time(entry.value) { return time }
            let text = entry.value.text ?? ""
            if let civil = YAMLMoment.civil(text) {
                let iso = String(civil.timestamp().isoFormat.dropLast(6))
                return SerializedEncoding.encoded("naive_datetime", .string(iso))
            }
            let instant = Timestamp(iso8601: text).map { SerializedEncoding.encoded("datetime", .double($0.seconds)) }
            return try expect(instant, entry, "a time of day or a date with time")
        case "week_days":
            _ = try Self.weekdayNumbers(fields, entry.key)
            return json
        default: return SerializedEncoding.encode(json)
        }
    }

    private func isListOnly(_ key: String) -> Bool { task.kind.isPod }

    private func expect(
        _ value: JSONValue?, _ entry: YAMLNode.Entry, _ expected: String
    ) throws(DAGParsingError) -> JSONValue {
        guard let value else {
            throw entry.value.error(
                .wrongType, "expected \(expected), found \(entry.value.json.shortText)", path: fields.place(entry.key))
        }
        return value
    }

    /// Environment variables and labels are texts; numbers and booleans become theirs as written.
    private func stringMap(_ entry: YAMLNode.Entry) throws(DAGParsingError) -> JSONObject {
        let map = try YAMLFields(entry.value, path: fields.place(entry.key))
        var result = JSONObject()
        for member in map.entries {
            guard let text = member.value.isNull ? "" : member.value.text else {
                throw member.value.error(
                    .wrongType, "expected a text, found \(member.value.json.shortText)", path: map.place(member.key))
            }
            result[member.key] = .string(text)
        }
        return result
    }

    private static func time(_ node: YAMLNode) -> JSONValue? {
        guard let text = node.text, text.contains(":"), !text.contains("-"),
            let instant = Timestamp(iso8601: "2000-01-01T\(text.split(separator: ":")[0].count == 1 ? "0" : "")\(text)")
        else { return nil }
        let clock = String(instant.isoFormat.dropFirst(11).dropLast(6))
        return SerializedEncoding.encoded("time", .string(clock))
    }

    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    /// ISO numbers, sorted.
    static func weekdayNumbers(_ fields: YAMLFields, _ key: String) throws(DAGParsingError) -> JSONValue {
        var numbers: Set<Int> = []
        for name in try fields.strings(key) ?? [] {
            guard let index = weekdays.firstIndex(of: name.lowercased()) else {
                let near =
                    Spelling.nearest(to: name.lowercased(), among: weekdays).map { "; did you mean '\($0)'?" } ?? ""
                throw fields.error(.invalidValue, "'\(name)' is no day of the week\(near)", key: key)
            }
            numbers.insert(index + 1)
        }
        return .array(numbers.sorted().map { .int($0) })
    }
}
