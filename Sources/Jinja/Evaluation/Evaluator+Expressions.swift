/// Values of expressions.
extension Evaluator {
    func evaluate(_ expression: Expression) throws -> JinjaValue {
        switch expression {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .double(let value): return .double(value)
        case .string(let value): return .string(value)
        case .name(let name): return try lookup(name)
        case .list(let items): return .list(try items.map { try evaluate($0) })
        case .tuple(let items): return .tuple(try items.map { try evaluate($0) })
        case .dict(let items): return try makeDict(items)
        case .negate(let operand): return try Arithmetic.negate(try evaluate(operand))
        case .plus(let operand): return try Arithmetic.plus(try evaluate(operand))
        case .not(let operand): return .bool(try !evaluate(operand).truth())
        case .and(let left, let right):
            let first = try evaluate(left)
            return try first.truth() ? try evaluate(right) : first
        case .or(let left, let right):
            let first = try evaluate(left)
            return try first.truth() ? first : try evaluate(right)
        case .arithmetic(let op, let left, let right):
            return try Arithmetic.apply(op, try evaluate(left), try evaluate(right))
        case .compare(let first, let comparisons): return .bool(try compare(first, comparisons))
        case .concat(let items): return .string(try items.map { try evaluate($0).string() }.joined())
        default: return try evaluatePlaced(expression)
        }
    }

    /// Expressions that know their line.
    private func evaluatePlaced(_ expression: Expression) throws -> JinjaValue {
        switch expression {
        case .conditional(let test, let then, let otherwise, let place):
            if try evaluate(test).truth() { return try evaluate(then) }
            if let otherwise { return try evaluate(otherwise) }
            let message =
                "the inline if-expression on line \(place) evaluated to false and no else section was defined."
            return .undefined(JinjaUndefined(message: message, isLenient: true))
        case .attribute(let owner, let name, let place):
            let value = try evaluate(owner)
            line = place
            return try Access.attribute(value, name)
        case .item(let owner, let index, let place): return try evaluateItem(owner, index, place)
        case .call(let callee, let arguments, let place):
            let function = try evaluate(callee)
            let values = try evaluate(arguments)
            line = place
            return try Calls.call(function, values)
        case .filter(let operand, let syntax): return try apply(syntax, to: try evaluate(operand))
        case .test(let operand, let syntax): return .bool(try test(syntax, try evaluate(operand)))
        default: throw unsupported("slice outside of an index")
        }
    }

    private func makeDict(_ items: [Expression.DictItem]) throws -> JinjaValue {
        let dict = JinjaDict()
        for item in items { try dict.set(try evaluate(item.key), try evaluate(item.value)) }
        return .dict(dict)
    }

    private func compare(_ first: Expression, _ comparisons: [Expression.Comparison]) throws -> Bool {
        var left = try evaluate(first)
        for comparison in comparisons {
            let right = try evaluate(comparison.operand)
            guard try holds(comparison.op, left, right) else { return false }
            left = right
        }
        return true
    }

    private func holds(_ op: ComparisonOperator, _ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
        switch op {
        case .equal: try Comparison.equal(left, right)
        case .notEqual: try !Comparison.equal(left, right)
        case .isIn: try Comparison.contains(right, left)
        case .notIn: try !Comparison.contains(right, left)
        default: try Comparison.ordered(left, right, op)
        }
    }

    private func evaluateItem(_ owner: Expression, _ index: Expression, _ place: Int) throws -> JinjaValue {
        let value = try evaluate(owner)
        if case .slice(let lower, let upper, let step) = index {
            let bounds = try [lower, upper, step].map { try $0.map { try evaluate($0) } }
            line = place
            return try Access.slice(value, bounds)
        }
        let key = try evaluate(index)
        line = place
        return try Access.item(value, key)
    }

    func evaluate(_ call: CallSyntax) throws -> JinjaArguments {
        var arguments = JinjaArguments(try call.positional.map { try evaluate($0) })
        arguments.keywords = try call.keywords.map { ($0.name, try evaluate($0.value)) }
        if let starred = call.starred { arguments.positional += try evaluate(starred).elements() }
        if let more = call.doubleStarred {
            guard case .dict(let dict) = try evaluate(more) else { throw unsupported("** of something else than a dict") }
            for entry in dict.entries {
                guard case .string(let name) = entry.key else { throw unsupported("** with a key that is no text") }
                arguments.keywords.append((name, entry.value))
            }
        }
        return arguments
    }

    /// Applies a filter by name.
    func apply(_ syntax: FilterSyntax, to value: JinjaValue) throws -> JinjaValue {
        guard let filter = Filters.all[syntax.name] else { throw unsupported("filter \(syntax.name)").located(at: syntax.line) }
        let arguments = try evaluate(syntax.arguments)
        line = syntax.line
        return try filter(value, arguments)
    }

    private func test(_ syntax: FilterSyntax, _ value: JinjaValue) throws -> Bool {
        let arguments = try evaluate(syntax.arguments)
        line = syntax.line
        return try Tests.apply(syntax.name, value, arguments)
    }
}

/// Calls of functions, classes and methods.
enum Calls {
    static func call(_ function: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        switch function {
        case .undefined(let undefined): throw undefined.error
        case .object(let object): return try object.call(arguments)
        case .method(let method): return try BuiltinMethods.call(method, arguments)
        default: throw pythonError("TypeError", "'\(function.pythonTypeName)' object is not callable")
        }
    }
}
