/// The `attribute` argument of filters: `"a.b.0"` or a number.
struct AttributePath {
    private let parts: [JinjaValue]

    init(_ argument: JinjaValue?) throws {
        switch argument {
        case nil, .none?: parts = []
        case .string(let path)?:
            parts = PythonStrings.split(path, ".", limit: -1).map { part in
                let isNumber = !part.isEmpty && part.unicodeScalars.allSatisfy(\.isDigit)
                return isNumber ? Int(part).map(JinjaValue.int) ?? .string(part) : .string(part)
            }
        case .int(let index)?: parts = [.int(index)]
        default: throw unsupported("attribute that is no text")
        }
    }

    /// Several paths separated by commas, as `sort` takes them.
    static func list(_ argument: JinjaValue?) throws -> [AttributePath] {
        guard case .string(let text)? = argument else { return [try AttributePath(argument)] }
        return try PythonStrings.split(text, ",", limit: -1).map { try AttributePath(.string($0)) }
    }

    /// Follows the path; an undefined step is replaced when there is a default.
    func get(_ item: JinjaValue, default fallback: JinjaValue? = nil) throws -> JinjaValue {
        var value = item
        for part in parts {
            value = try Access.item(value, part)
            if let fallback, !fallback.isNone, value.isUndefined { value = fallback }
        }
        return value
    }
}
