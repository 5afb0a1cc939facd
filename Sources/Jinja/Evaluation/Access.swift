/// `value.name` and `value[key]` with Jinja's order of attempts and its undefined values.
enum Access {
    /// `value.name`: the attribute first, then the element.
    static func attribute(_ value: JinjaValue, _ name: String) throws -> JinjaValue {
        if case .undefined(let undefined) = value { throw undefined.error }
        if name.hasPrefix("__") { throw unsupported("attribute \(name)") }
        if let found = try builtinAttribute(value, name) { return found }
        switch value {
        case .dict(let dict): if let found = dict.get(text: name) { return found }
        case .object(let object): if let found = try object.item(.string(name)) { return found }
        default: break
        }
        return missing(value, .string(name))
    }

    /// `value[key]`: the element first, then, for text keys, the attribute.
    static func item(_ value: JinjaValue, _ key: JinjaValue) throws -> JinjaValue {
        if case .undefined(let undefined) = value { throw undefined.error }
        if let found = try element(value, key) { return found }
        if case .string(let name) = key {
            if name.hasPrefix("__") { throw unsupported("attribute \(name)") }
            if let found = try builtinAttribute(value, name) { return found }
        }
        return missing(value, key)
    }

    private static func missing(_ value: JinjaValue, _ key: JinjaValue) -> JinjaValue {
        if case .string(let name) = key {
            let owner = PythonText.repr(value.described)
            return .undefined(JinjaUndefined(message: "\(owner) has no attribute \(PythonText.repr(name))"))
        }
        let shown = (try? key.repr()) ?? "?"
        return .undefined(JinjaUndefined(message: "\(value.described) has no element \(shown)"))
    }

    private static func element(_ value: JinjaValue, _ key: JinjaValue) throws -> JinjaValue? {
        switch value {
        case .dict(let dict): return try hashableElement(dict, key)
        case .object(let object): return try object.item(key)
        case .list(let list): return pick(list.items, key)
        case .tuple(let items): return pick(items, key)
        case .string(let text):
            return key.integer == nil ? nil : pick(text.unicodeScalars.map { .string(String($0)) }, key)
        case .markup: throw unsupported("element of Markup")
        case .range(let range):
            guard let index = position(key, count: range.count) else { return nil }
            return .int(range.element(index))
        default: return nil
        }
    }

    /// An unhashable key is a `TypeError` that Jinja turns into an undefined value.
    private static func hashableElement(_ dict: JinjaDict, _ key: JinjaValue) throws -> JinjaValue? {
        if case .undefined(let undefined) = key { throw undefined.error }
        switch key {
        case .list, .dict: throw unsupported("unhashable key")
        default: return try dict.get(key)
        }
    }

    private static func pick(_ items: [JinjaValue], _ key: JinjaValue) -> JinjaValue? {
        position(key, count: items.count).map { items[$0] }
    }

    private static func position(_ key: JinjaValue, count: Int) -> Int? {
        guard let index = key.integer else { return nil }
        let position = index < 0 ? index + count : index
        return (0..<count).contains(position) ? position : nil
    }

    /// `value[lower:upper:step]`
    static func slice(_ value: JinjaValue, _ bounds: [JinjaValue?]) throws -> JinjaValue {
        if case .undefined(let undefined) = value { throw undefined.error }
        let limits = try bounds.map { bound -> Int? in
            guard let bound, !bound.isNone else { return nil }
            guard let index = bound.integer else { throw unsupported("slice bound that is not an integer") }
            return index
        }
        switch value {
        case .string(let text):
            let scalars = Array(text.unicodeScalars)
            return .string(PythonText.make(try indices(scalars.count, limits).map { scalars[$0] }))
        case .list(let list): return .list(try indices(list.items.count, limits).map { list.items[$0] })
        case .tuple(let items): return .tuple(try indices(items.count, limits).map { items[$0] })
        default: throw unsupported("slice of a \(value.pythonTypeName)")
        }
    }

    private static func indices(_ count: Int, _ limits: [Int?]) throws -> [Int] {
        let step = limits[2] ?? 1
        if step == 0 { throw pythonError("ValueError", "slice step cannot be zero") }
        func clamp(_ index: Int, _ low: Int, _ high: Int) -> Int {
            min(max(index < 0 ? index + count : index, low), high)
        }
        if step > 0 {
            let start = limits[0].map { clamp($0, 0, count) } ?? 0
            let stop = limits[1].map { clamp($0, 0, count) } ?? count
            return start < stop ? Array(stride(from: start, to: stop, by: step)) : []
        }
        let start = limits[0].map { clamp($0, -1, count - 1) } ?? count - 1
        let stop = limits[1].map { clamp($0, -1, count - 1) } ?? -1
        return start > stop ? Array(stride(from: start, to: stop, by: step)) : []
    }

    /// The attributes of builtin types; nil when Python raises `AttributeError`.
    static func builtinAttribute(_ value: JinjaValue, _ name: String) throws -> JinjaValue? {
        switch value {
        case .object(let object): return try object.attribute(name)
        case .datetime(let moment): return try DateTimeAttributes.get(moment, name)
        case .date(let date): return try DateTimeAttributes.get(date, name)
        case .timedelta(let delta): return try DateTimeAttributes.get(delta, name)
        case .string, .markup: return method(value, name, BuiltinMethods.string)
        case .list: return method(value, name, BuiltinMethods.list)
        case .tuple: return method(value, name, BuiltinMethods.tuple)
        case .dict: return method(value, name, BuiltinMethods.dict)
        case .int, .bool, .double: return try numberAttribute(value, name)
        case .view, .iterator, .range, .method: throw unsupported("attribute \(name) of a \(value.pythonTypeName)")
        case .none, .undefined: return nil
        }
    }

    private static func method(_ value: JinjaValue, _ name: String, _ names: Set<String>) -> JinjaValue? {
        names.contains(name) ? .method(JinjaMethod(receiver: value, name: name)) : nil
    }

    private static func numberAttribute(_ value: JinjaValue, _ name: String) throws -> JinjaValue? {
        let names = [
            "real", "imag", "numerator", "denominator", "conjugate", "bit_length", "bit_count", "to_bytes", "from_bytes",
            "as_integer_ratio", "is_integer", "hex", "fromhex",
        ]
        if names.contains(name) { throw unsupported("attribute \(name) of a number") }
        return nil
    }
}
