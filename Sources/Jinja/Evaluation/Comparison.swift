/// `==`, `<` and `in` as Python defines them for builtin values.
enum Comparison {
    /// `left == right`
    static func equal(_ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
        switch (left, right) {
        case (.undefined(let undefined), _), (_, .undefined(let undefined)):
            if undefined.isLenient { throw unsupported("comparison with an undefined inline if") }
            throw undefined.error
        case (.none, .none): return true
        case (.string, _), (.markup, _):
            guard let first = left.text, let second = right.text else { return try foreign(left, right) }
            return sameText(first, second)
        case (.int, _), (.bool, _), (.double, _): return try equalNumbers(left, right)
        case (.list(let first), .list(let second)): return try equalItems(first.items, second.items)
        case (.tuple(let first), .tuple(let second)): return try equalItems(first, second)
        case (.dict(let first), .dict(let second)): return try equalDicts(first, second)
        case (.range(let first), .range(let second)): return first == second
        case (.datetime(let first), .datetime(let second)):
            return (first.zone == nil) == (second.zone == nil) && first.comparable == second.comparable
        case (.date(let first), .date(let second)): return first.days == second.days
        case (.timedelta(let first), .timedelta(let second)): return first.microseconds == second.microseconds
        default: return try foreign(left, right)
        }
    }

    /// Values of different kinds are unequal, unless an object is among them whose `__eq__` we do not know.
    private static func foreign(_ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
        switch (left, right) {
        case (.object(let first), .object(let second)) where first === second: return true
        case (.object(let object), .none), (.none, .object(let object)),
            (.object(let object), .string), (.string, .object(let object)):
            _ = object
            return false
        case (.object, _), (_, .object), (.view, _), (_, .view), (.iterator, .iterator), (.method, .method):
            throw unsupported("comparison of \(left.pythonTypeName) and \(right.pythonTypeName)")
        default: return false
        }
    }

    private static func equalNumbers(_ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
        if let first = left.integer, let second = right.integer { return first == second }
        if let first = left.integer, case .double(let second) = right { return Int(exactly: second) == first }
        if case .double(let first) = left, let second = right.integer { return Int(exactly: first) == second }
        if case .double(let first) = left, case .double(let second) = right { return first == second }
        return try foreign(left, right)
    }

    private static func equalItems(_ left: [JinjaValue], _ right: [JinjaValue]) throws -> Bool {
        guard left.count == right.count else { return false }
        for (first, second) in zip(left, right) where try !equal(first, second) { return false }
        return true
    }

    private static func equalDicts(_ left: JinjaDict, _ right: JinjaDict) throws -> Bool {
        guard left.count == right.count else { return false }
        for entry in left.entries {
            guard let other = try right.get(entry.key), try equal(entry.value, other) else { return false }
        }
        return true
    }

    /// `left < right`, or another of the four orders.
    /// - Parameter symbol: the operator, for the message of the `TypeError`.
    static func ordered(_ left: JinjaValue, _ right: JinjaValue, _ symbol: ComparisonOperator) throws -> Bool {
        switch (left, right) {
        case (.undefined(let undefined), _), (_, .undefined(let undefined)): throw undefined.error
        case (.list(let first), .list(let second)): return try orderedItems(first.items, second.items, symbol)
        case (.tuple(let first), .tuple(let second)): return try orderedItems(first, second, symbol)
        case (.datetime(let first), .datetime(let second)):
            guard (first.zone == nil) == (second.zone == nil) else {
                throw pythonError("TypeError", "can't compare offset-naive and offset-aware datetimes")
            }
            return decide(first.comparable, second.comparable, symbol)
        case (.date(let first), .date(let second)): return decide(first.days, second.days, symbol)
        case (.timedelta(let first), .timedelta(let second)):
            return decide(first.microseconds, second.microseconds, symbol)
        default: break
        }
        if let first = left.text, let second = right.text { return decide(PythonOrder(first), PythonOrder(second), symbol) }
        if let first = left.integer, let second = right.integer { return decide(first, second, symbol) }
        if let first = left.number, let second = right.number { return decide(first, second, symbol) }
        try refuseForeign(left, right)
        throw pythonError(
            "TypeError",
            "'\(symbol.rawValue)' not supported between instances of '\(left.pythonTypeName)' and '\(right.pythonTypeName)'"
        )
    }

    private static func refuseForeign(_ left: JinjaValue, _ right: JinjaValue) throws {
        for value in [left, right] {
            switch value {
            case .object, .view, .iterator, .method, .datetime, .date, .timedelta, .range:
                throw unsupported("order of \(left.pythonTypeName) and \(right.pythonTypeName)")
            default: break
            }
        }
    }

    private static func orderedItems(
        _ left: [JinjaValue], _ right: [JinjaValue], _ symbol: ComparisonOperator
    ) throws -> Bool {
        for (first, second) in zip(left, right) where try !equal(first, second) {
            return try ordered(first, second, symbol)
        }
        return decide(left.count, right.count, symbol)
    }

    private static func decide<Value: Comparable>(_ left: Value, _ right: Value, _ symbol: ComparisonOperator) -> Bool {
        switch symbol {
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        default: left >= right
        }
    }

    /// `item in container`
    static func contains(_ container: JinjaValue, _ item: JinjaValue) throws -> Bool {
        switch container {
        case .undefined(let undefined): throw undefined.error
        case .string(let text), .markup(let text):
            if case .undefined(let undefined) = item {
                _ = undefined
                throw unsupported("undefined value in a string")
            }
            guard let part = item.text else {
                throw pythonError(
                    "TypeError", "'in <string>' requires string as left operand, not \(item.pythonTypeName)")
            }
            return PythonStrings.find(text, part) != nil
        case .dict(let dict): return try dict.get(item) != nil
        case .view(let view) where view.kind == .keys: return try view.dict.get(item) != nil
        case .list, .tuple, .range, .view, .iterator: break
        case .object(let object):
            if let has = try (object as? any JinjaContainer)?.contains(item) { return has }
            throw unsupported("membership in \(object.typeName)")
        default:
            throw pythonError("TypeError", "argument of type '\(container.pythonTypeName)' is not iterable")
        }
        let iterator = try container.iterate()
        while let element = try iterator.next() {
            if try equal(element, item) { return true }
        }
        return false
    }

    /// Sorts as `sorted(key=...)`: stable, by the given keys.
    static func sorted<Element>(
        _ items: [Element], reverse: Bool = false, by key: (Element) throws -> JinjaValue
    ) throws -> [Element] {
        var keyed = try items.map { (key: try key($0), item: $0) }
        if reverse { keyed.reverse() }
        try keyed.sort { try ordered($0.key, $1.key, .less) }
        if reverse { keyed.reverse() }
        return keyed.map(\.item)
    }
}

/// An object that answers `in`, such as a mapping of the caller.
package protocol JinjaContainer: JinjaObject {
    /// `item in object`
    func contains(_ item: JinjaValue) throws -> Bool
}

/// Text ordered by code points.
private struct PythonOrder: Comparable {
    let text: String
    init(_ text: String) { self.text = text }
    static func == (left: Self, right: Self) -> Bool { sameText(left.text, right.text) }
    static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}
