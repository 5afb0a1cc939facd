/// Recursive descent over Jinja's grammar, in the order and with the messages of `jinja2.parser`.
struct Parser {
    private let tokens: [Token]
    private var position = 0
    /// Open statements, innermost last, for messages about unknown tags.
    var openTags: [String] = []
    var expectedEnds: [[String]] = []
    /// Nesting of expressions; a bound keeps hostile templates from exhausting the stack.
    private var depth = 0
    private static let maximumDepth = 200

    init(tokens: [Token]) {
        self.tokens = tokens
    }

    /// Parses a whole template.
    static func parse(_ source: String, keepTrailingNewline: Bool = false) throws -> [Statement] {
        var parser = Parser(tokens: try Lexer.tokenize(source, keepTrailingNewline: keepTrailingNewline))
        return try parser.parseBody(until: [])
    }

    // MARK: Token stream

    var current: Token { tokens[position] }

    var next: Token { tokens[min(position + 1, tokens.count - 1)] }

    @discardableResult
    mutating func advance() -> Token {
        let token = tokens[position]
        if position < tokens.count - 1 { position += 1 }
        return token
    }

    func at(_ kind: Token.Kind) -> Bool { current.kind == kind }
    func at(operator text: String) -> Bool { current.kind == .op(text) }
    func at(name: String) -> Bool { current.kind == .name(name) }

    mutating func skip(operator text: String) -> Bool {
        guard at(operator: text) else { return false }
        advance()
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard at(name: name) else { return false }
        advance()
        return true
    }

    @discardableResult
    mutating func expect(_ kind: Token.Kind, _ description: String) throws -> Token {
        guard current.kind == kind else { throw unexpected(description) }
        return advance()
    }

    @discardableResult
    mutating func expect(operator text: String) throws -> Token { try expect(.op(text), text) }

    /// Any identifier.
    mutating func expectName() throws -> (name: String, line: Int) {
        guard case .name(let name) = current.kind else { throw unexpected("name") }
        let line = current.line
        advance()
        return (name, line)
    }

    private func unexpected(_ description: String) -> JinjaError {
        if at(.eof) { return fail("unexpected end of template, expected \(PythonText.repr(description)).") }
        return fail("expected token \(PythonText.repr(description)), got \(PythonText.repr(current.described))")
    }

    func fail(_ message: String, line: Int? = nil) -> JinjaError {
        .template(exception: "TemplateSyntaxError", message: message, line: line ?? current.line)
    }

    mutating func nested<Result>(_ parse: (inout Parser) throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        if depth > Parser.maximumDepth { throw unsupported("deeply nested expression").located(at: current.line) }
        return try parse(&self)
    }
}
