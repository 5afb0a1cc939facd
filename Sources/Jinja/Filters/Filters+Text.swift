/// Filters on text.
extension Filters {
    static let text: [String: Filter] = [
        "upper": { try mapText($0, $1, "upper", PythonStrings.upper) },
        "lower": { try mapText($0, $1, "lower", PythonStrings.lower) },
        "capitalize": { try mapText($0, $1, "capitalize", PythonStrings.titleFirst) },
        "title": { try mapText($0, $1, "title", title) },
        "trim": { value, arguments in
            let characters = try arguments.bind("trim", ["chars"])[0]
            let set = characters.isMissing ? nil : try characters.string("chars", default: "")
            return try keepMarkup(value) { PythonStrings.strip($0, set, left: true, right: true) }
        },
        "center": { value, arguments in
            let width = try arguments.bind("center", ["width"])[0].integer("width", default: 80)
            return try keepMarkup(value) { PythonStrings.center($0, min(width, FormatSpec.maximumWidth)) }
        },
        "replace": { try replace($0, $1) },
        "format": { try format($0, $1) },
        "indent": { try indent($0, $1) },
        "truncate": { try truncate($0, $1) },
        "wordcount": { value, arguments in
            let text = try plain(value, arguments, "wordcount").string()
            try PythonStrings.requireASCII(text, "wordcount")
            return .int(text.unicodeScalars.split { !($0.isNameStart || $0.isDigit) }.count)
        },
        "join": { try join($0, $1) },
    ]

    private static func mapText(
        _ value: JinjaValue, _ arguments: JinjaArguments, _ name: String, _ change: (String) throws -> String
    ) throws -> JinjaValue {
        _ = try arguments.bind(name, [])
        return try keepMarkup(value, change)
    }

    /// `soft_str(value)` changed; Markup stays Markup.
    private static func keepMarkup(_ value: JinjaValue, _ change: (String) throws -> String) throws -> JinjaValue {
        if case .markup(let text) = value { return .markup(try change(text)) }
        return .string(try change(try value.string()))
    }

    /// A word begins after white space, a hyphen or an opening bracket.
    private static func title(_ text: String) throws -> String {
        var result = ""
        var isStart = true
        for scalar in text.unicodeScalars {
            if scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) {
                result.unicodeScalars.append(scalar)
                isStart = true
            } else {
                result += isStart ? scalar.properties.uppercaseMapping : try PythonStrings.lower(String(scalar))
                isStart = false
            }
        }
        return result
    }

    private static func replace(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("replace", ["old", "new", "count"], required: 2)
        let limit = bound[2].isMissing ? -1 : try bound[2].integer("count", default: -1)
        let old = try (bound[0] ?? .none).string()
        let new = try (bound[1] ?? .none).string()
        return .string(PythonStrings.replace(try value.string(), old, new, limit: limit))
    }

    private static func format(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        if case .markup = value { throw unsupported("format of Markup") }
        let text = try value.string()
        if arguments.keywords.isEmpty { return .string(try PercentFormat.render(text, .tuple(arguments.positional))) }
        guard arguments.positional.isEmpty else {
            throw pythonError(
                "FilterArgumentError", "can't handle positional and keyword arguments at the same time")
        }
        return .string(try PercentFormat.render(text, .dict(arguments.keywords.map { ($0.name, $0.value) })))
    }

    private static func indent(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("indent", ["width", "first", "blank"])
        guard let text = value.text else {
            if case .undefined(let undefined) = value { throw undefined.error }
            throw unsupported("indent of a \(value.pythonTypeName)")
        }
        let prefix: String
        if let given = bound[0]?.text {
            prefix = given
        } else {
            let width = try bound[0].integer("width", default: 4)
            guard width <= FormatSpec.maximumWidth else { throw unsupported("indent by \(width)") }
            prefix = String(repeating: " ", count: max(0, width))
        }
        let blank = try bound[2].flag(default: false)
        var lines = PythonStrings.splitLines(text + "\n")
        for index in lines.indices.dropFirst() where blank || !lines[index].isEmpty { lines[index] = prefix + lines[index] }
        let result = (try bound[1].flag(default: false) ? prefix : "") + lines.joined(separator: "\n")
        if case .markup = value { return .markup(result) }
        return .string(result)
    }

    private static func truncate(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("truncate", ["length", "killwords", "end", "leeway"])
        guard case .string(let text) = value else {
            if case .undefined(let undefined) = value { throw undefined.error }
            throw unsupported("truncate of a \(value.pythonTypeName)")
        }
        let length = try bound[0].integer("length", default: 255)
        let end = try bound[2].string("end", default: "...")
        let leeway = bound[3].isMissing ? 5 : try bound[3].integer("leeway", default: 5)
        let keep = length - end.unicodeScalars.count
        guard keep >= 0, leeway >= 0 else { throw unsupported("truncate to \(length)") }
        if text.unicodeScalars.count <= length + leeway { return value }
        let start = PythonText.make(text.unicodeScalars.prefix(keep))
        if try bound[1].flag(default: false) { return .string(start + end) }
        return .string((PythonStrings.rsplit(start, " ", limit: 1).first ?? "") + end)
    }

    private static func join(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("join", ["d", "attribute"])
        let separator = try bound[0].map { try $0.string() } ?? ""
        let getter = bound[1].isMissing ? nil : try AttributePath(bound[1])
        let pieces = try value.elements().map { item in try (getter.map { try $0.get(item) } ?? item).string() }
        return .string(pieces.joined(separator: separator))
    }
}
