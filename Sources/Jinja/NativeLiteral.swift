/// What `NativeEnvironment` makes of the printed values: one value stays as it is, several become text, and text that
/// reads as a Python literal becomes that value (`ast.literal_eval`).
enum NativeLiteral {
    static func concatenate(_ values: [JinjaValue]) throws -> JinjaValue {
        guard let first = values.first else { return .none }
        if values.count == 1 {
            if case .undefined = first { throw unsupported("undefined value in native rendering") }
            guard let text = first.text else { return first }
            return try evaluate(text)
        }
        return try evaluate(try values.map { try $0.string() }.joined())
    }

    /// The literal's value, or the text itself when Python would raise `SyntaxError` or `ValueError`.
    /// - Throws: `unsupported` for text that this reader cannot judge with certainty.
    static func evaluate(_ text: String) throws -> JinjaValue {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first, first != " ", first != "\t" else { return .string(text) }
        if beginsWithName(scalars) { return .string(text) }
        var reader = LiteralReader(scalars: scalars)
        if let value = try reader.document() { return value }
        let doubtful = "#\\jJ_".unicodeScalars
        let opening = "([{'\"+-0123456789".unicodeScalars
        if first.isNameStart || hasOtherLiteral(scalars) { throw unsupported("text that may be a Python literal") }
        if !opening.contains(first), first != "\n", first.isASCII { return .string(text) }
        if scalars.contains(where: { doubtful.contains($0) || !$0.isASCII || $0 == "\n" }) {
            throw unsupported("text that may be a Python literal")
        }
        return .string(text)
    }

    /// Numbers with a radix, or an ellipsis.
    private static func hasOtherLiteral(_ scalars: [Unicode.Scalar]) -> Bool {
        for (first, second) in zip(scalars, scalars.dropFirst()) {
            if first == "0", "xXoObB".unicodeScalars.contains(second) { return true }
            if first == ".", second == "." { return true }
        }
        return false
    }

    /// A word that starts no literal; Python sees a name and refuses.
    private static func beginsWithName(_ scalars: [Unicode.Scalar]) -> Bool {
        let word = PythonText.make(scalars.prefix { $0.isNameStart || $0.isDigit })
        guard let first = word.unicodeScalars.first, first.isNameStart else { return false }
        if ["None", "True", "False", "set"].contains(word) { return false }
        let isPrefix = word.utf8.count <= 2 && word.lowercased().allSatisfy { "rbuf".contains($0) }
        let next = scalars.dropFirst(word.unicodeScalars.count).first
        return !(isPrefix && (next == "'" || next == "\""))
    }
}

/// Reads numbers, strings, tuples, lists, dicts, None, True and False.
private struct LiteralReader {
    let scalars: [Unicode.Scalar]
    var position = 0

    /// The value when the whole text is one literal; nil when it is not, as far as this reader can tell.
    mutating func document() throws -> JinjaValue? {
        guard let first = try expression(depth: 0) else { return nil }
        var items = [first]
        var isTuple = false
        while skip(",") {
            isTuple = true
            skipSpace()
            if position == scalars.count { break }
            guard let next = try expression(depth: 0) else { return nil }
            items.append(next)
        }
        skipSpace(newlines: true)
        guard position == scalars.count else { return nil }
        return isTuple ? .tuple(items) : first
    }

    private mutating func skipSpace(newlines: Bool = false) {
        while let scalar = peek, scalar == " " || scalar == "\t" || newlines && scalar == "\n" { position += 1 }
    }

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    private mutating func expression(depth: Int) throws -> JinjaValue? {
        if depth > 50 { throw unsupported("deeply nested literal") }
        if depth > 0 { skipSpace(newlines: true) }
        guard let first = peek else { return nil }
        switch first {
        case "[": return try sequence(close: "]", depth: depth).map { .list($0.items) }
        case "(":
            return try sequence(close: ")", depth: depth).flatMap { inner in
                inner.items.count == 1 && !inner.hasComma ? inner.items[0] : .tuple(inner.items)
            }
        case "{": return try dict(depth: depth)
        case "'", "\"": return try strings()
        case "-", "+": return try signed()
        default: return first.isDigit || first == "." ? number() : constant()
        }
    }

    private mutating func sequence(close: Unicode.Scalar, depth: Int) throws -> (items: [JinjaValue], hasComma: Bool)? {
        position += 1
        var items: [JinjaValue] = []
        var hasComma = false
        while true {
            skipSpace(newlines: true)
            if skip(close) { return (items, hasComma) }
            guard items.isEmpty || hasComma, let item = try expression(depth: depth + 1) else { return nil }
            items.append(item)
            skipSpace(newlines: true)
            hasComma = skip(",")
            if !hasComma, peek != close { return nil }
            if !hasComma, items.count > 1 {
                position += 1
                return (items, true)
            }
        }
    }

    private mutating func dict(depth: Int) throws -> JinjaValue? {
        position += 1
        let dict = JinjaDict()
        while true {
            skipSpace(newlines: true)
            if skip("}") { return .dict(dict) }
            guard let key = try expression(depth: depth + 1) else { return nil }
            skipSpace(newlines: true)
            guard skip(":") else { throw unsupported("set literal") }
            guard let value = try expression(depth: depth + 1) else { return nil }
            switch key {
            case .list, .dict: throw unsupported("unhashable key")
            default: try dict.set(key, value)
            }
            skipSpace(newlines: true)
            if !skip(","), peek != "}" { return nil }
        }
    }

    private mutating func strings() throws -> JinjaValue? {
        var result = ""
        while let quote = peek, quote == "'" || quote == "\"" {
            if scalars[position...].prefix(3).allSatisfy({ $0 == quote }), scalars.count >= position + 3 {
                throw unsupported("triple-quoted literal")
            }
            position += 1
            let start = position
            while let next = peek, next != quote {
                if next == "\n" { return nil }
                position += next == "\\" ? 2 : 1
            }
            guard peek == quote else { return nil }
            result += try PythonEscapes.decode(scalars[start..<position])
            position += 1
            skipSpace()
        }
        return .string(result)
    }

    private mutating func signed() throws -> JinjaValue? {
        let isNegative = scalars[position] == "-"
        position += 1
        skipSpace()
        guard let next = peek, next.isDigit || next == ".", let value = number() else { return nil }
        return isNegative ? try Arithmetic.negate(value) : value
    }

    private mutating func number() -> JinjaValue? {
        let start = position
        while let next = peek, next.isDigit || next == "." || next == "_" || isExponent(next, start) { position += 1 }
        let text = PythonText.make(scalars[start..<position])
        if peek?.isNameStart == true { return nil }
        if text.contains("_") { return grouped(text) }
        if text.allSatisfy(\.isNumber) {
            let isOctalLike = text.hasPrefix("0") && text.contains { $0 != "0" }
            return isOctalLike ? nil : Int(text).map(JinjaValue.int)
        }
        let padded = text.hasPrefix(".") ? "0" + text : text
        return Double(padded.hasSuffix(".") ? padded + "0" : padded).map(JinjaValue.double)
    }

    /// Digits in groups, such as `1_000`.
    private func grouped(_ text: String) -> JinjaValue? {
        let groups = text.split(separator: "_", omittingEmptySubsequences: false)
        let isPlain = groups.allSatisfy { !$0.isEmpty && $0.unicodeScalars.allSatisfy(\.isDigit) }
        guard isPlain, !text.hasPrefix("0") else { return nil }
        return Int(groups.joined()).map(JinjaValue.int)
    }

    private func isExponent(_ scalar: Unicode.Scalar, _ start: Int) -> Bool {
        if scalar == "e" || scalar == "E" { return position > start }
        guard scalar == "+" || scalar == "-", position > start else { return false }
        return scalars[position - 1] == "e" || scalars[position - 1] == "E"
    }

    private mutating func constant() -> JinjaValue? {
        for (word, value) in [("None", JinjaValue.none), ("True", .bool(true)), ("False", .bool(false))] {
            let length = word.unicodeScalars.count
            guard scalars[position...].starts(with: word.unicodeScalars) else { continue }
            let next = position + length < scalars.count ? scalars[position + length] : nil
            if next?.isNameStart == true || next?.isDigit == true { return nil }
            position += length
            return value
        }
        return nil
    }
}
