/// Expressions, loosest binding first.
extension Parser {
    /// One expression, or a tuple when commas follow.
    mutating func parseTuple(
        withConditional: Bool = true, inParentheses: Bool = false
    ) throws -> Expression {
        var items: [Expression] = []
        var isTuple = false
        while true {
            if at(.variableEnd) || at(.blockEnd) || at(operator: ")") { break }
            items.append(try parseExpression(withConditional: withConditional))
            guard skip(operator: ",") else { break }
            isTuple = true
        }
        if isTuple { return .tuple(items) }
        if let only = items.first { return only }
        if inParentheses { return .tuple([]) }
        throw fail("Expected an expression, got \(PythonText.repr(current.described))")
    }

    mutating func parseExpression(withConditional: Bool = true) throws -> Expression {
        try nested { try withConditional ? $0.parseConditional() : $0.parseOr() }
    }

    private mutating func parseConditional() throws -> Expression {
        var line = current.line
        var expression = try parseOr()
        while skip(name: "if") {
            let test = try parseOr()
            let otherwise = skip(name: "else") ? try nested { try $0.parseConditional() } : nil
            expression = .conditional(test: test, then: expression, otherwise: otherwise, line: line)
            line = current.line
        }
        return expression
    }

    private mutating func parseOr() throws -> Expression {
        var left = try parseAnd()
        while skip(name: "or") { left = .or(left, try parseAnd()) }
        return left
    }

    private mutating func parseAnd() throws -> Expression {
        var left = try parseNot()
        while skip(name: "and") { left = .and(left, try parseNot()) }
        return left
    }

    private mutating func parseNot() throws -> Expression {
        guard skip(name: "not") else { return try parseCompare() }
        return .not(try nested { try $0.parseNot() })
    }

    private mutating func parseCompare() throws -> Expression {
        let first = try parseSum()
        var comparisons: [Expression.Comparison] = []
        while let op = comparisonOperator() {
            comparisons.append(.init(op: op, operand: try parseSum()))
        }
        return comparisons.isEmpty ? first : .compare(first, comparisons)
    }

    private mutating func comparisonOperator() -> ComparisonOperator? {
        if case .op(let text) = current.kind, let op = ComparisonOperator(rawValue: text) {
            advance()
            return op
        }
        if skip(name: "in") { return .isIn }
        guard at(name: "not"), next.kind == .name("in") else { return nil }
        advance()
        advance()
        return .notIn
    }

    private mutating func parseSum() throws -> Expression {
        var left = try parseConcat()
        while let op = arithmeticOperator(["+", "-"]) { left = .arithmetic(op, left, try parseConcat()) }
        return left
    }

    private mutating func parseConcat() throws -> Expression {
        var items = [try parseProduct()]
        while skip(operator: "~") { items.append(try parseProduct()) }
        return items.count == 1 ? items[0] : .concat(items)
    }

    private mutating func parseProduct() throws -> Expression {
        var left = try parsePower()
        while let op = arithmeticOperator(["*", "/", "//", "%"]) { left = .arithmetic(op, left, try parsePower()) }
        return left
    }

    /// Unlike in Python, `**` groups to the left and binds looser than a sign.
    private mutating func parsePower() throws -> Expression {
        var left = try parseUnary()
        while let op = arithmeticOperator(["**"]) { left = .arithmetic(op, left, try parseUnary()) }
        return left
    }

    private mutating func arithmeticOperator(_ texts: [String]) -> ArithmeticOperator? {
        guard case .op(let text) = current.kind, texts.contains(text) else { return nil }
        advance()
        return ArithmeticOperator(rawValue: text)
    }

    private mutating func parseUnary(withFilter: Bool = true) throws -> Expression {
        var expression: Expression
        if skip(operator: "-") {
            expression = .negate(try nested { try $0.parseUnary(withFilter: false) })
        } else if skip(operator: "+") {
            expression = .plus(try nested { try $0.parseUnary(withFilter: false) })
        } else {
            expression = try parsePrimary()
        }
        expression = try parsePostfix(expression)
        return withFilter ? try parseFiltersAndTests(expression) : expression
    }

    private mutating func parsePrimary() throws -> Expression {
        let token = current
        switch token.kind {
        case .name(let name):
            advance()
            return Parser.constant(name) ?? .name(name)
        case .string: return .string(parseAdjacentStrings())
        case .integer(let value):
            advance()
            return .int(value)
        case .float(let value):
            advance()
            return .double(value)
        case .op("("):
            advance()
            let inner = try nested { try $0.parseTuple(inParentheses: true) }
            try expect(operator: ")")
            return inner
        case .op("["): return try parseList()
        case .op("{"): return try parseDict()
        default: throw fail("unexpected \(PythonText.repr(token.described))")
        }
    }

    private static func constant(_ name: String) -> Expression? {
        switch name {
        case "true", "True": .bool(true)
        case "false", "False": .bool(false)
        case "none", "None": Expression.none
        default: nil
        }
    }

    private mutating func parseAdjacentStrings() -> String {
        var text = ""
        while case .string(let part) = current.kind {
            text += part
            advance()
        }
        return text
    }

    private mutating func parseList() throws -> Expression {
        advance()
        var items: [Expression] = []
        while !at(operator: "]") {
            if !items.isEmpty { try expect(operator: ",") }
            if at(operator: "]") { break }
            items.append(try parseExpression())
        }
        try expect(operator: "]")
        return .list(items)
    }

    private mutating func parseDict() throws -> Expression {
        advance()
        var items: [Expression.DictItem] = []
        while !at(operator: "}") {
            if !items.isEmpty { try expect(operator: ",") }
            if at(operator: "}") { break }
            let key = try parseExpression()
            try expect(operator: ":")
            items.append(.init(key: key, value: try parseExpression()))
        }
        try expect(operator: "}")
        return .dict(items)
    }

    private mutating func parsePostfix(_ start: Expression) throws -> Expression {
        var expression = start
        while true {
            let line = current.line
            if skip(operator: ".") {
                expression = try parseAttribute(of: expression, line: line)
            } else if skip(operator: "[") {
                expression = .item(expression, try parseIndex(), line: line)
            } else if at(operator: "(") {
                expression = .call(expression, try parseArguments(), line: line)
            } else {
                return expression
            }
        }
    }

    private mutating func parseAttribute(of expression: Expression, line: Int) throws -> Expression {
        let token = advance()
        switch token.kind {
        case .name(let name): return .attribute(expression, name, line: line)
        case .integer(let index): return .item(expression, .int(index), line: line)
        default: throw fail("expected name or number", line: token.line)
        }
    }

    private mutating func parseIndex() throws -> Expression {
        var parts: [Expression] = []
        while !at(operator: "]") {
            if !parts.isEmpty { try expect(operator: ",") }
            parts.append(try parseIndexPart())
        }
        try expect(operator: "]")
        return parts.count == 1 ? parts[0] : .tuple(parts)
    }

    private mutating func parseIndexPart() throws -> Expression {
        let lower = at(operator: ":") ? nil : try parseExpression()
        guard skip(operator: ":") else { return lower ?? Expression.none }
        let upper = try parseSliceBound()
        let step = skip(operator: ":") ? try parseSliceBound() : nil
        return .slice(lower, upper, step)
    }

    private mutating func parseSliceBound() throws -> Expression? {
        at(operator: ":") || at(operator: "]") || at(operator: ",") ? nil : try parseExpression()
    }

    private mutating func parseFiltersAndTests(_ start: Expression) throws -> Expression {
        var expression = start
        while true {
            let line = current.line
            if skip(operator: "|") {
                expression = .filter(expression, try parseFilter())
            } else if at(name: "is") {
                expression = try parseTest(of: expression)
            } else if at(operator: "(") {
                expression = .call(expression, try parseArguments(), line: line)
            } else {
                return expression
            }
        }
    }

    /// A filter's name and arguments, without the bar.
    mutating func parseFilter() throws -> FilterSyntax {
        var (name, line) = try expectName()
        while skip(operator: ".") { name += "." + (try expectName().name) }
        return FilterSyntax(name: name, arguments: at(operator: "(") ? try parseArguments() : CallSyntax(), line: line)
    }

    private mutating func parseTest(of expression: Expression) throws -> Expression {
        let line = advance().line
        let isNegated = skip(name: "not")
        var name = try expectName().name
        while skip(operator: ".") { name += "." + (try expectName().name) }
        var arguments = CallSyntax()
        if at(operator: "(") {
            arguments = try parseArguments()
        } else if startsTestArgument {
            if at(name: "is") { throw fail("You cannot chain multiple tests with is") }
            let argument = try parsePrimary()
            arguments.positional = [try parsePostfix(argument)]
        }
        let test = Expression.test(expression, FilterSyntax(name: name, arguments: arguments, line: line))
        return isNegated ? .not(test) : test
    }

    private var startsTestArgument: Bool {
        switch current.kind {
        case .name(let name): !["else", "or", "and"].contains(name)
        case .string, .integer, .float, .op("["), .op("{"): true
        default: false
        }
    }

    private mutating func parseArguments() throws -> CallSyntax {
        let line = try expect(operator: "(").line
        var call = CallSyntax()
        var needsComma = false
        func ensure(_ condition: Bool) throws {
            if !condition { throw fail("invalid syntax for function call expression", line: line) }
        }
        while !at(operator: ")") {
            if needsComma {
                try expect(operator: ",")
                if at(operator: ")") { break }
            }
            needsComma = true
            if skip(operator: "*") {
                try ensure(call.starred == nil && call.doubleStarred == nil)
                call.starred = try parseExpression()
            } else if skip(operator: "**") {
                try ensure(call.doubleStarred == nil)
                call.doubleStarred = try parseExpression()
            } else if case .name(let name) = current.kind, next.kind == .op("=") {
                try ensure(call.doubleStarred == nil)
                advance()
                advance()
                call.keywords.append(.init(name: name, value: try parseExpression()))
            } else {
                try ensure(call.starred == nil && call.doubleStarred == nil && call.keywords.isEmpty)
                call.positional.append(try parseExpression())
            }
        }
        try expect(operator: ")")
        return call
    }
}
