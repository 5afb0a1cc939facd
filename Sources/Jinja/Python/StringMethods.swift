/// The methods of `str`.
enum StringMethods {
    static func call(_ text: String, _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue {
        if let value = try changeCase(text, name, arguments) { return value }
        if let value = try splitOrStrip(text, name, arguments) { return value }
        if let value = try search(text, name, arguments) { return value }
        if let value = try check(text, name, arguments) { return value }
        switch name {
        case "format": return .string(try BraceFormat.render(text, arguments))
        case "replace":
            let bound = try arguments.bind(name, ["old", "new", "count"], required: 2)
            if !arguments.keywords.isEmpty { throw unsupported("keyword of replace()") }
            return .string(
                PythonStrings.replace(
                    text, try bound[0].string("old", default: ""), try bound[1].string("new", default: ""),
                    limit: try bound[2].integer("count", default: -1)))
        case "join": return .string(try join(text, arguments))
        case "zfill":
            let width = try arguments.bind(name, ["width"], required: 1)[0].integer("width", default: 0)
            return .string(PythonStrings.zeroFilled(text, try bounded(width)))
        case "expandtabs":
            let size = try arguments.bind(name, ["tabsize"])[0].integer("tabsize", default: 8)
            return .string(PythonStrings.expandTabs(text, try bounded(size)))
        case "center", "ljust", "rjust": return .string(try justify(text, name, arguments))
        default: throw unsupported("str.\(name)()")
        }
    }

    private static func bounded(_ width: Int) throws -> Int {
        if width > FormatSpec.maximumWidth { throw unsupported("width above \(FormatSpec.maximumWidth)") }
        return width
    }

    private static func changeCase(_ text: String, _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue? {
        let result: String
        switch name {
        case "upper": result = PythonStrings.upper(text)
        case "lower": result = try PythonStrings.lower(text)
        case "title": result = try PythonStrings.title(text)
        case "capitalize": result = try PythonStrings.titleFirst(text)
        case "swapcase":
            try PythonStrings.requireASCII(text, name)
            result = PythonText.make(
                text.unicodeScalars.flatMap {
                    ($0.properties.isLowercase ? $0.properties.uppercaseMapping : $0.properties.lowercaseMapping)
                        .unicodeScalars
                })
        case "casefold":
            try PythonStrings.requireASCII(text, name)
            result = try PythonStrings.lower(text)
        default: return nil
        }
        _ = try arguments.bind(name, [])
        return .string(result)
    }

    private static func splitOrStrip(_ text: String, _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue? {
        switch name {
        case "strip", "lstrip", "rstrip":
            let characters = try arguments.bind(name, ["chars"])[0]
            let set = characters.isMissing ? nil : try characters.string("chars", default: "")
            return .string(PythonStrings.strip(text, set, left: name != "rstrip", right: name != "lstrip"))
        case "split", "rsplit":
            let bound = try arguments.bind(name, ["sep", "maxsplit"])
            let separator = bound[0].isMissing ? nil : try bound[0].string("sep", default: "")
            if separator == "" { throw pythonError("ValueError", "empty separator") }
            let limit = try bound[1].integer("maxsplit", default: -1)
            let pieces = name == "split"
                ? PythonStrings.split(text, separator, limit: limit)
                : PythonStrings.rsplit(text, separator, limit: limit)
            return .list(pieces.map { .string($0) })
        case "splitlines":
            let keep = try arguments.bind(name, ["keepends"])[0].flag(default: false)
            return .list(PythonStrings.splitLines(text, keepEnds: keep).map { .string($0) })
        case "partition", "rpartition":
            let separator = try arguments.bind(name, ["sep"], required: 1)[0].string("sep", default: "")
            return .tuple(try partition(text, separator, fromEnd: name == "rpartition").map { .string($0) })
        case "removeprefix", "removesuffix":
            let part = try arguments.bind(name, ["part"], required: 1)[0].string("part", default: "")
            return .string(remove(text, part, fromEnd: name == "removesuffix"))
        default: return nil
        }
    }

    private static func partition(_ text: String, _ separator: String, fromEnd: Bool) throws -> [String] {
        let scalars = Array(text.unicodeScalars)
        let part = Array(separator.unicodeScalars)
        if part.isEmpty { throw pythonError("ValueError", "empty separator") }
        let found = fromEnd
            ? PythonStrings.findLast(scalars, part, before: scalars.count) : PythonStrings.find(scalars, part)
        guard let index = found else { return fromEnd ? ["", "", text] : [text, "", ""] }
        return [
            PythonText.make(scalars[..<index]), separator, PythonText.make(scalars[(index + part.count)...]),
        ]
    }

    private static func remove(_ text: String, _ part: String, fromEnd: Bool) -> String {
        let scalars = Array(text.unicodeScalars)
        let end = Array(part.unicodeScalars)
        guard scalars.count >= end.count else { return text }
        if fromEnd {
            return scalars.suffix(end.count).elementsEqual(end) ? PythonText.make(scalars.dropLast(end.count)) : text
        }
        return scalars.prefix(end.count).elementsEqual(end) ? PythonText.make(scalars.dropFirst(end.count)) : text
    }

    private static func search(_ text: String, _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue? {
        switch name {
        case "startswith", "endswith":
            let prefix = try arguments.bind(name, ["prefix"], required: 1)[0]
            var candidates = [prefix ?? .none]
            if case .tuple(let items)? = prefix { candidates = items }
            let texts = try candidates.map { try Optional($0).string("prefix", default: "") }
            let scalars = Array(text.unicodeScalars)
            return .bool(texts.contains { hasEnd(scalars, Array($0.unicodeScalars), atEnd: name == "endswith") })
        case "find", "index", "rfind", "rindex", "count":
            let bound = try arguments.bind(name, ["sub", "start"], required: 1)
            let part = Array(try bound[0].string("sub", default: "").unicodeScalars)
            let scalars = Array(text.unicodeScalars)
            let given = try bound[1].integer("start", default: 0)
            guard given >= 0, given <= scalars.count else { throw unsupported("start of \(name)()") }
            if name == "count" { return .int(count(scalars, part, from: given)) }
            var found = PythonStrings.find(scalars, part, from: given)
            if name.hasPrefix("r") {
                found = PythonStrings.findLast(scalars, part, before: scalars.count).flatMap { $0 >= given ? $0 : nil }
            }
            if found == nil, name.hasSuffix("index") { throw pythonError("ValueError", "substring not found") }
            return .int(found ?? -1)
        default: return nil
        }
    }

    private static func hasEnd(_ text: [Unicode.Scalar], _ part: [Unicode.Scalar], atEnd: Bool) -> Bool {
        guard text.count >= part.count else { return false }
        return atEnd ? text.suffix(part.count).elementsEqual(part) : text.prefix(part.count).elementsEqual(part)
    }

    private static func count(_ text: [Unicode.Scalar], _ part: [Unicode.Scalar], from start: Int) -> Int {
        if part.isEmpty { return text.count - start + 1 }
        var (total, index) = (0, start)
        while let found = PythonStrings.find(text, part, from: index) {
            total += 1
            index = found + part.count
        }
        return total
    }

    private static func check(_ text: String, _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue? {
        guard name.hasPrefix("is") else { return nil }
        _ = try arguments.bind(name, [])
        let scalars = text.unicodeScalars
        if name == "isascii" { return .bool(scalars.allSatisfy(\.isASCII)) }
        try PythonStrings.requireASCII(text, name)
        let letters = scalars.filter { $0.properties.isAlphabetic }
        func all(_ test: (Unicode.Scalar) -> Bool) -> JinjaValue { .bool(!scalars.isEmpty && scalars.allSatisfy(test)) }
        switch name {
        case "isdigit", "isdecimal", "isnumeric": return all(\.isDigit)
        case "isalpha": return all { $0.properties.isAlphabetic }
        case "isalnum": return all { $0.properties.isAlphabetic || $0.isDigit }
        case "isspace": return all(\.isPythonSpace)
        case "isupper": return .bool(!letters.isEmpty && letters.allSatisfy { $0.properties.isUppercase })
        case "islower": return .bool(!letters.isEmpty && letters.allSatisfy { $0.properties.isLowercase })
        case "isidentifier":
            return .bool(scalars.first?.isNameStart == true && scalars.allSatisfy { $0.isNameStart || $0.isDigit })
        default: throw unsupported("str.\(name)()")
        }
    }

    private static func join(_ separator: String, _ arguments: JinjaArguments) throws -> String {
        guard let values = try arguments.bind("join", ["iterable"], required: 1)[0] else { return "" }
        var pieces: [String] = []
        for (index, item) in try values.elements().enumerated() {
            guard let text = item.text else {
                throw pythonError(
                    "TypeError", "sequence item \(index): expected str instance, \(item.pythonTypeName) found")
            }
            pieces.append(text)
        }
        return pieces.joined(separator: separator)
    }

    private static func justify(_ text: String, _ name: String, _ arguments: JinjaArguments) throws -> String {
        let bound = try arguments.bind(name, ["width", "fillchar"], required: 1)
        let width = try bounded(try bound[0].integer("width", default: 0))
        let fill = try bound[1].string("fillchar", default: " ").unicodeScalars
        guard fill.count == 1, let unit = fill.first else { throw unsupported("fill of several characters") }
        if name == "center" { return PythonStrings.center(text, width, fill: unit) }
        let padding = String(repeating: String(unit), count: max(0, width - text.unicodeScalars.count))
        return name == "ljust" ? text + padding : padding + text
    }
}
