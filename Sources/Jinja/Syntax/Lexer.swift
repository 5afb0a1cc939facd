/// Cuts a template into tokens with Jinja's default delimiters, as Airflow's environment has them: no line statements,
/// `trim_blocks` and `lstrip_blocks` off, one trailing newline removed.
struct Lexer {
    let source: [Unicode.Scalar]
    var position = 0
    var line = 1
    var tokens: [Token] = []
    /// Open brackets; a delimiter such as `}}` ends a tag only when none is open.
    private var brackets: [Unicode.Scalar] = []

    /// - Parameter source: the template's text.
    init(_ source: String, keepTrailingNewline: Bool = false) {
        self.source = Lexer.normalized(source, keepTrailingNewline: keepTrailingNewline)
    }

    /// All tokens, ending in `eof`.
    static func tokenize(_ source: String, keepTrailingNewline: Bool = false) throws -> [Token] {
        var lexer = Lexer(source, keepTrailingNewline: keepTrailingNewline)
        try lexer.run()
        return lexer.tokens
    }

    /// Line ends become `\n`; one at the very end goes away.
    private static func normalized(_ source: String, keepTrailingNewline: Bool) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(source.utf8.count)
        var previousWasReturn = false
        for scalar in source.unicodeScalars {
            defer { previousWasReturn = scalar == "\r" }
            if scalar == "\n" && previousWasReturn { continue }
            result.append(scalar == "\r" ? "\n" : scalar)
        }
        if !keepTrailingNewline, result.last == "\n" { result.removeLast() }
        return result
    }

    private mutating func run() throws {
        while position < source.count {
            try readData()
        }
        emit(.eof)
    }

    /// Text up to the next tag, then the tag.
    private mutating func readData() throws {
        let start = position
        guard let tag = nextTag(from: start) else {
            emitData(start..<source.count)
            position = source.count
            return
        }
        let raw = tag.kind == "%" ? rawBegin(at: tag.position) : nil
        let mark = scalar(tag.position + 2)
        let strips = mark == "-"
        emitData(start..<(strips ? trimmedEnd(start..<tag.position) : tag.position), countingTo: tag.position)
        if let raw {
            count(tag.position..<raw)
            position = raw
            return try readRaw()
        }
        position = tag.position + (mark == "-" || mark == "+" ? 3 : 2)
        switch tag.kind {
        case "#": try readComment()
        case "{": try readTag(begin: .variableBegin, end: .variableEnd, close: "}")
        default: try readTag(begin: .blockBegin, end: .blockEnd, close: "%")
        }
    }

    private func nextTag(from start: Int) -> (position: Int, kind: Unicode.Scalar)? {
        var index = start
        while index + 1 < source.count {
            if source[index] == "{", ["{", "%", "#"].contains(source[index + 1]) { return (index, source[index + 1]) }
            index += 1
        }
        return nil
    }

    /// Where the text after `{% raw %}` starts, when the tag at `start` is one.
    private func rawBegin(at start: Int) -> Int? {
        var index = start + 2
        if scalar(index) == "-" || scalar(index) == "+" { index += 1 }
        index = skipSpace(index)
        guard matches("raw", at: index) else { return nil }
        index = skipSpace(index + 3)
        if matches("-%}", at: index) { return skipSpace(index + 3) }
        return matches("%}", at: index) ? index + 2 : nil
    }

    private mutating func readRaw() throws {
        let start = position
        var index = start
        while index < source.count {
            if let end = rawEnd(at: index) {
                let strips = scalar(index + 2) == "-"
                emitData(start..<(strips ? trimmedEnd(start..<index) : index), countingTo: index)
                count(index..<end)
                position = end
                return
            }
            index += 1
        }
        position = index
        if start < source.count { throw fail("Missing end of raw directive") }
    }

    private func rawEnd(at start: Int) -> Int? {
        guard matches("{%", at: start) else { return nil }
        var index = start + 2
        if scalar(index) == "-" || scalar(index) == "+" { index += 1 }
        index = skipSpace(index)
        guard matches("endraw", at: index) else { return nil }
        return blockEnd(at: skipSpace(index + 6), close: "%}", allowsPlus: true)
    }

    private mutating func readComment() throws {
        let start = position
        var index = start
        while index < source.count {
            if let end = blockEnd(at: index, close: "#}", allowsPlus: true) {
                count(start..<end)
                position = end
                return
            }
            index += 1
        }
        position = index
        if start < source.count { throw fail("Missing end of comment tag") }
    }

    private mutating func readTag(begin: Token.Kind, end: Token.Kind, close: Unicode.Scalar) throws {
        emit(begin)
        brackets = []
        while true {
            if brackets.isEmpty, let after = blockEnd(at: position, close: "\(close)}", allowsPlus: close == "%") {
                emit(end)
                count(position..<after)
                position = after
                return
            }
            if position >= source.count { return }
            try readExpressionToken()
        }
    }

    /// The position after `}}`, `-}}` with the white space behind it, or `+%}`; nil when there is no end here.
    private func blockEnd(at index: Int, close: String, allowsPlus: Bool) -> Int? {
        if matches(close, at: index) { return index + 2 }
        if matches("-" + close, at: index) { return skipSpace(index + 3) }
        return allowsPlus && matches("+" + close, at: index) ? index + 3 : nil
    }

    /// Keeps the balance of brackets, with Jinja's messages.
    mutating func balance(_ text: String) throws {
        switch text {
        case "{": brackets.append("}")
        case "(": brackets.append(")")
        case "[": brackets.append("]")
        case "}", ")", "]":
            guard let expected = brackets.popLast() else { throw fail("unexpected '\(text)'") }
            if String(expected) != text { throw fail("unexpected '\(text)', expected '\(expected)'") }
        default: break
        }
    }

    // MARK: Leaves

    func scalar(_ index: Int) -> Unicode.Scalar? { index < source.count ? source[index] : nil }

    func matches(_ text: String, at index: Int) -> Bool {
        var offset = index
        for expected in text.unicodeScalars {
            guard offset < source.count, source[offset] == expected else { return false }
            offset += 1
        }
        return true
    }

    func skipSpace(_ index: Int) -> Int {
        var end = index
        while end < source.count, source[end].isPythonSpace { end += 1 }
        return end
    }

    private func trimmedEnd(_ range: Range<Int>) -> Int {
        var end = range.upperBound
        while end > range.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
        return end
    }

    func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: source[range])
        return String(view)
    }

    private mutating func emitData(_ range: Range<Int>, countingTo end: Int? = nil) {
        if !range.isEmpty { emit(.data(text(range))) }
        count(range.lowerBound..<(end ?? range.upperBound))
    }

    mutating func count(_ range: Range<Int>) {
        for index in range where source[index] == "\n" { line += 1 }
    }

    mutating func emit(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

    func fail(_ message: String) -> JinjaError {
        .template(exception: "TemplateSyntaxError", message: message, line: line)
    }
}

extension Unicode.Scalar {
    /// `str.isspace()` of one character, also what `\s` matches.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}
