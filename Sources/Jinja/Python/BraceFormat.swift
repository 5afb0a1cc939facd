/// `"{} {name!r:>5}".format(...)`
struct BraceFormat {
    private var rest: ArraySlice<Unicode.Scalar>
    private let arguments: JinjaArguments
    private var automatic = 0

    static func render(_ format: String, _ arguments: JinjaArguments) throws -> String {
        var renderer = BraceFormat(rest: Array(format.unicodeScalars)[...], arguments: arguments)
        return try renderer.run()
    }

    private init(rest: ArraySlice<Unicode.Scalar>, arguments: JinjaArguments) {
        self.rest = rest
        self.arguments = arguments
    }

    private mutating func run() throws -> String {
        var result = ""
        while let scalar = rest.popFirst() {
            if scalar == "{" && rest.first == "{" || scalar == "}" && rest.first == "}" {
                rest.removeFirst()
                result.unicodeScalars.append(scalar)
            } else if scalar == "{" {
                result += try field()
            } else if scalar == "}" {
                throw pythonError("ValueError", "Single '}' encountered in format string")
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private mutating func field() throws -> String {
        guard let end = rest.firstIndex(of: "}") else {
            throw pythonError("ValueError", rest.isEmpty ? "Single '{' encountered in format string" : "expected '}' before end of string")
        }
        let inner = rest[rest.startIndex..<end]
        if inner.contains("{") { throw unsupported("nested format field") }
        rest = rest[(end + 1)...]
        let colon = inner.firstIndex(of: ":") ?? inner.endIndex
        let bang = inner[..<colon].firstIndex(of: "!") ?? colon
        var value = try lookup(PythonText.make(inner[..<bang]))
        if bang < colon {
            switch PythonText.make(inner[(bang + 1)..<colon]) {
            case "s": value = .string(try value.string())
            case "r": value = .string(try value.repr())
            default: throw unsupported("format conversion")
            }
        }
        let spec = colon < inner.endIndex ? PythonText.make(inner[(colon + 1)...]) : ""
        return try BraceFormat.format(value, spec)
    }

    /// `format(value, spec)`
    static func format(_ value: JinjaValue, _ spec: String) throws -> String {
        if spec.isEmpty { return try value.string() }
        if case .datetime(let moment) = value, spec.contains("%") { return try Strftime.format(moment, spec) }
        return try FormatSpec(spec).apply(value)
    }

    private mutating func lookup(_ field: String) throws -> JinjaValue {
        let first = field.prefix { $0 != "." && $0 != "[" }
        var value: JinjaValue
        if first.isEmpty {
            value = try positional(automatic)
            automatic += 1
        } else if let index = Int(first) {
            value = try positional(index)
        } else {
            guard let keyword = arguments.keywords.first(where: { sameText($0.name, String(first)) }) else {
                throw pythonError("KeyError", PythonText.repr(String(first)))
            }
            value = keyword.value
        }
        var path = field.dropFirst(first.count)
        while let mark = path.popFirst() {
            let part = path.prefix { mark == "[" ? $0 != "]" : $0 != "." && $0 != "[" }
            path = path.dropFirst(part.count + (mark == "[" ? 1 : 0))
            value = mark == "."
                ? try Access.attribute(value, String(part))
                : try Access.item(value, Int(part).map(JinjaValue.int) ?? .string(String(part)))
        }
        return value
    }

    private func positional(_ index: Int) throws -> JinjaValue {
        guard index < arguments.positional.count else {
            throw pythonError("IndexError", "tuple index out of range")
        }
        return arguments.positional[index]
    }
}
