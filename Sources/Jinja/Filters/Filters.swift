/// A filter: the value before the bar and the arguments behind the name.
typealias Filter = @Sendable (JinjaValue, JinjaArguments) throws -> JinjaValue

/// All filters that are carried out: Jinja's builtin ones and Airflow's own.
///
/// Left to Python: `random` (random), `pprint`, `urlize`, `wordwrap`, `striptags` (long rules, seldom used in
/// a DAG).
enum Filters {
    static let all: [String: Filter] = {
        var filters: [String: Filter] = [:]
        for group in [values, text, numbers, sequences, selections, airflow] {
            filters.merge(group) { first, _ in first }
        }
        return filters
    }()

    /// Jinja's builtin filters that exist but are not carried out here.
    static let leftToPython: Set<String> = ["pprint", "random", "striptags", "urlize", "wordwrap"]

    /// Filters on any value.
    private static let values: [String: Filter] = [
        "default": { try fallback($0, $1) },
        "d": { try fallback($0, $1) },
        "attr": { value, arguments in
            let name = try arguments.bind("attr", ["name"], required: 1)[0].string("name", default: "")
            if case .undefined(let undefined) = value { throw undefined.error }
            if name.hasPrefix("__") { throw unsupported("attribute \(name)") }
            if let found = try Access.builtinAttribute(value, name) { return found }
            let owner = PythonText.repr(value.described)
            return .undefined(JinjaUndefined(message: "\(owner) has no attribute \(PythonText.repr(name))"))
        },
        "tojson": { try toJSON($0, $1) },
        "string": { value, arguments in
            _ = try arguments.bind("string", [])
            if case .markup = value { return value }
            return .string(try value.string())
        },
        "length": { .int(try plain($0, $1, "length").length()) },
        "count": { .int(try plain($0, $1, "count").length()) },
        "safe": { .markup(try plain($0, $1, "safe").string()) },
        "e": { try escape($0, $1) },
        "escape": { try escape($0, $1) },
        "forceescape": { .markup(escaped(try plain($0, $1, "forceescape").string())) },
        "xmlattr": { try xmlAttributes($0, $1) },
        "urlencode": { try urlEncode($0, $1) },
    ]

    /// The value itself, once it is certain that no arguments were given.
    static func plain(_ value: JinjaValue, _ arguments: JinjaArguments, _ name: String) throws -> JinjaValue {
        _ = try arguments.bind(name, [])
        return value
    }

    private static func fallback(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("default", ["default_value", "boolean"])
        let isMissing: Bool
        if value.isUndefined {
            isMissing = true
        } else {
            let wantsTruth = try bound[1].flag(default: false)
            isMissing = try wantsTruth && !value.truth()
        }
        return isMissing ? bound[0] ?? .string("") : value
    }

    private static func toJSON(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let indent = try arguments.bind("tojson", ["indent"])[0]
        let width = indent.isMissing ? nil : try indent.integer("indent", default: 0)
        let json = try PythonJSON.dump(value, .init(indent: width, sortsKeys: true))
        var safe = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            switch scalar {
            case "<", ">", "&", "'":
                let hex = String(scalar.value, radix: 16)
                safe.append(contentsOf: ("\\u00" + hex).unicodeScalars)
            default: safe.append(scalar)
            }
        }
        return .markup(String(safe))
    }

    private static func escape(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        _ = try arguments.bind("escape", [])
        if case .markup = value { return value }
        return .markup(escaped(try value.string()))
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&#34;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func xmlAttributes(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let autospace = try arguments.bind("xmlattr", ["autospace"])[0].flag(default: true)
        guard case .dict(let dict) = value else { throw unsupported("xmlattr of a \(value.pythonTypeName)") }
        var items: [String] = []
        for entry in dict.entries where !entry.value.isNone && !entry.value.isUndefined {
            let name = try entry.key.string()
            guard !name.unicodeScalars.contains(where: { $0.isPythonSpace || "/>=".unicodeScalars.contains($0) }) else {
                throw pythonError("ValueError", "Invalid character in attribute name: \(PythonText.repr(name))")
            }
            let shown = try escape(entry.value, JinjaArguments()).string()
            items.append("\(escaped(name))=\"\(shown)\"")
        }
        return .string((autospace && !items.isEmpty ? " " : "") + items.joined(separator: " "))
    }

    private static func urlEncode(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        _ = try arguments.bind("urlencode", [])
        switch value {
        case .dict(let dict): return .string(try query(dict.entries.map { ($0.key, $0.value) }))
        case .list, .tuple, .view, .iterator:
            let pairs = try value.elements().map { item -> (JinjaValue, JinjaValue) in
                let parts = try item.elements()
                guard parts.count == 2 else { throw unsupported("urlencode of items that are no pairs") }
                return (parts[0], parts[1])
            }
            return .string(try query(pairs))
        case .object, .range: throw unsupported("urlencode of a \(value.pythonTypeName)")
        default: return .string(quoted(try value.string(), safe: "/"))
        }
    }

    private static func query(_ pairs: [(JinjaValue, JinjaValue)]) throws -> String {
        try pairs.map { key, value in
            let parts = try [key, value].map { PythonStrings.replace(quoted(try $0.string(), safe: ""), "%20", "+") }
            return parts.joined(separator: "=")
        }.joined(separator: "&")
    }

    /// `urllib.parse.quote`
    private static func quoted(_ text: String, safe: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain = byte < 128 && (scalar.isNameStart || scalar.isDigit || "-.~".unicodeScalars.contains(scalar))
            if isPlain || safe.unicodeScalars.contains(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return result
    }
}
