/// Statements: everything between `{%` and `%}`.
extension Parser {
    /// Parses until one of the end tags; the current token is then its name. No end tags means the whole template.
    mutating func parseBody(until ends: [String]) throws -> [Statement] {
        if !ends.isEmpty { expectedEnds.append(ends) }
        defer { if !ends.isEmpty { expectedEnds.removeLast() } }
        var body: [Statement] = []
        while !at(.eof) {
            let token = advance()
            switch token.kind {
            case .data(let text): body.append(.data(text))
            case .variableBegin:
                body.append(.output(try parseTuple(), line: token.line))
                try expect(.variableEnd, "end of print statement")
            default:
                if case .name(let name) = current.kind, ends.contains(name) { return body }
                body.append(contentsOf: try parseStatement())
                try expect(.blockEnd, "end of statement block")
            }
        }
        if !ends.isEmpty { throw unknownTag(nil, line: current.line) }
        return body
    }

    private mutating func parseStatement() throws -> [Statement] {
        guard case .name(let tag) = current.kind else { throw fail("tag name expected") }
        openTags.append(tag)
        switch tag {
        case "if": return [try closing { try $0.parseIf() }]
        case "for": return [try closing { try $0.parseFor() }]
        case "set": return [try closing { try $0.parseSet() }]
        case "with": return [try closing { try $0.parseWith() }]
        case "filter": return [try closing { try $0.parseFilterBlock() }]
        case "do": return [try closing { try $0.parseDo() }]
        case "print": return try closing { try $0.parsePrint() }
        case "block", "extends", "macro", "include", "from", "import", "autoescape", "call":
            throw unsupported("{% \(tag) %}").located(at: current.line)
        default:
            openTags.removeLast()
            throw unknownTag(tag, line: current.line)
        }
    }

    private mutating func closing<Result>(_ parse: (inout Parser) throws -> Result) throws -> Result {
        let result = try nested(parse)
        openTags.removeLast()
        return result
    }

    /// The statements of a block up to an end tag. A colon may stand before the block's end, as in Python.
    private mutating func parseBlock(until ends: [String]) throws -> [Statement] {
        _ = skip(operator: ":")
        try expect(.blockEnd, "end of statement block")
        return try parseBody(until: ends)
    }

    private mutating func parseIf() throws -> Statement {
        var branches: [Statement.Branch] = []
        var otherwise: [Statement] = []
        var line = advance().line
        while true {
            let test = try parseTuple(withConditional: false)
            let body = try parseBlock(until: ["elif", "else", "endif"])
            branches.append(.init(test: test, body: body, line: line))
            let end = try expectName()
            if end.name == "elif" {
                line = end.line
                continue
            }
            if end.name == "else" {
                otherwise = try parseBlock(until: ["endif"])
                advance()
            }
            return .branch(branches, otherwise: otherwise)
        }
    }

    private mutating func parseFor() throws -> Statement {
        let line = advance().line
        let target = try parseTarget()
        guard skip(name: "in") else { throw expectedName("in") }
        let iterable = try parseTuple(withConditional: false)
        let condition = skip(name: "if") ? try parseExpression() : nil
        if at(name: "recursive") { throw unsupported("recursive loop").located(at: line) }
        let body = try parseBlock(until: ["endfor", "else"])
        var otherwise: [Statement] = []
        if try expectName().name == "else" {
            otherwise = try parseBlock(until: ["endfor"])
            advance()
        }
        return .loop(
            .init(target: target, iterable: iterable, condition: condition, body: body, otherwise: otherwise, line: line))
    }

    private mutating func parseSet() throws -> Statement {
        let line = advance().line
        let target = try parseTarget(withNamespace: true)
        if skip(operator: "=") { return .set(target, try parseTuple(), line: line) }
        var filters: [FilterSyntax] = []
        while skip(operator: "|") { filters.append(try parseFilter()) }
        let body = try parseBlock(until: ["endset"])
        advance()
        return .setBlock(target, filters: filters, body: body, line: line)
    }

    private mutating func parseWith() throws -> Statement {
        let line = advance().line
        var bindings: [Statement.Binding] = []
        while !at(.blockEnd) {
            if !bindings.isEmpty { try expect(operator: ",") }
            let target = try parseTarget()
            try expect(operator: "=")
            bindings.append(.init(target: target, value: try parseExpression()))
        }
        let body = try parseBlock(until: ["endwith"])
        advance()
        return .with(bindings, body: body, line: line)
    }

    private mutating func parseFilterBlock() throws -> Statement {
        let line = advance().line
        var filters = [try parseFilter()]
        while skip(operator: "|") { filters.append(try parseFilter()) }
        let body = try parseBlock(until: ["endfilter"])
        advance()
        return .filtered(filters, body: body, line: line)
    }

    private mutating func parseDo() throws -> Statement {
        let line = advance().line
        return .evaluate(try parseTuple(), line: line)
    }

    private mutating func parsePrint() throws -> [Statement] {
        let line = advance().line
        var outputs: [Statement] = []
        while !at(.blockEnd) {
            if !outputs.isEmpty { try expect(operator: ",") }
            outputs.append(.output(try parseExpression(), line: line))
        }
        return outputs
    }

    /// A name, a tuple of names or, where allowed, `namespace.attribute`.
    private mutating func parseTarget(withNamespace: Bool = false) throws -> Statement.Target {
        var targets: [Statement.Target] = []
        var isTuple = false
        while true {
            if at(.blockEnd) || at(.variableEnd) || at(operator: ")") { break }
            targets.append(try parseSingleTarget(withNamespace: withNamespace))
            guard skip(operator: ",") else { break }
            isTuple = true
        }
        if isTuple { return .tuple(targets) }
        guard let only = targets.first else {
            throw fail("Expected an expression, got \(PythonText.repr(current.described))")
        }
        return only
    }

    private mutating func parseSingleTarget(withNamespace: Bool) throws -> Statement.Target {
        if skip(operator: "(") {
            let inner = try nested { try $0.parseTarget() }
            try expect(operator: ")")
            return inner
        }
        guard case .name(let name) = current.kind else {
            throw unsupported("assignment to something else than names").located(at: current.line)
        }
        if ["true", "false", "none", "True", "False", "None", "loop"].contains(name) {
            throw unsupported("assignment to \(name)").located(at: current.line)
        }
        advance()
        if withNamespace, skip(operator: ".") { return .attribute(of: name, try expectName().name) }
        return .name(name)
    }

    private func expectedName(_ name: String) -> JinjaError {
        if at(.eof) { return fail("unexpected end of template, expected \(PythonText.repr(name)).") }
        return fail("expected token \(PythonText.repr(name)), got \(PythonText.repr(current.described))")
    }

    /// Jinja's explanation of a tag that does not belong here, or of a missing end.
    private func unknownTag(_ name: String?, line: Int) -> JinjaError {
        var parts = [name.map { "Encountered unknown tag \(PythonText.repr($0))." } ?? "Unexpected end of template."]
        if let looking = expectedEnds.last {
            let list = looking.map { PythonText.repr($0) }.joined(separator: " or ")
            if let name, expectedEnds.contains(where: { $0.contains(name) }) {
                parts.append(
                    "You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for \(list).")
            } else {
                parts.append("Jinja was looking for the following tags: \(list).")
            }
        }
        if let innermost = openTags.last {
            parts.append("The innermost block that needs to be closed is \(PythonText.repr(innermost)).")
        }
        return fail(parts.joined(separator: " "), line: line)
    }
}
