/// `str()`, `repr()`, type names and truth.
extension JinjaValue {
    /// `type(value).__name__`
    var pythonTypeName: String {
        switch self {
        case .none: "NoneType"
        case .undefined: "StrictUndefined"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dict: "dict"
        case .range: "range"
        case .view(let view): view.kind.rawValue
        case .iterator: "generator"
        case .datetime(let moment): moment.flavor == .pendulum ? "DateTime" : "datetime.datetime"
        case .date(let date): date.flavor == .pendulum ? "Date" : "datetime.date"
        case .timedelta(let delta): delta.isInterval ? "Interval" : "datetime.timedelta"
        case .object(let object): object.typeName
        case .method: "builtin_function_or_method"
        }
    }

    /// How Jinja names a value in "has no attribute" (`object_type_repr`).
    var described: String {
        switch self {
        case .none: "None"
        case .object(let object): object.typeName
        case .datetime(let moment):
            moment.flavor == .pendulum ? "pendulum.datetime.DateTime object" : "datetime.datetime object"
        case .date(let date): date.flavor == .pendulum ? "pendulum.date.Date object" : "datetime.date object"
        case .timedelta(let delta):
            delta.isInterval ? "pendulum.interval.Interval object" : "datetime.timedelta object"
        case .markup: "markupsafe.Markup object"
        default: "\(pythonTypeName) object"
        }
    }

    /// `str(value)`
    func string() throws -> String {
        switch self {
        case .string(let text), .markup(let text): text
        case .datetime(let moment): moment.isoformat(separator: " ")
        case .date(let date): isoDate(date.day)
        case .timedelta(let delta): try delta.string()
        case .object(let object): try object.string()
        case .undefined(let undefined) where undefined.isLenient: ""
        default: try repr()
        }
    }

    /// `repr(value)`
    func repr() throws -> String {
        switch self {
        case .none: return "None"
        case .undefined(let undefined): throw undefined.error
        case .bool(let flag): return flag ? "True" : "False"
        case .int(let number): return String(number)
        case .double(let number): return PythonFloat.repr(number)
        case .string(let text): return PythonText.repr(text)
        case .markup(let text): return "Markup(\(PythonText.repr(text)))"
        case .list(let list): return try "[" + JinjaValue.joinedReprs(list.items) + "]"
        case .tuple(let items): return try "(" + JinjaValue.joinedReprs(items) + (items.count == 1 ? ",)" : ")")
        case .dict(let dict): return try JinjaValue.repr(of: dict)
        case .range(let range):
            return "range(\(range.start), \(range.stop)" + (range.step == 1 ? ")" : ", \(range.step))")
        case .view(let view): return try "\(view.kind.rawValue)([" + JinjaValue.joinedReprs(view.items) + "])"
        case .datetime(let moment): return try moment.repr()
        case .date(let date): return date.repr
        case .timedelta(let delta): return try delta.repr()
        case .object(let object): return try object.repr()
        case .iterator, .method: throw unsupported("text of a \(pythonTypeName), which holds an address")
        }
    }

    private static func joinedReprs(_ items: [JinjaValue]) throws -> String {
        try items.map { try $0.elementRepr() }.joined(separator: ", ")
    }

    /// `repr()` of an element. `StrictUndefined` has an ordinary `repr`, so it is only loud outside of containers.
    private func elementRepr() throws -> String {
        isUndefined ? "Undefined" : try repr()
    }

    private static func repr(of dict: JinjaDict) throws -> String {
        let pairs = try dict.entries.map { try $0.key.elementRepr() + ": " + $0.value.elementRepr() }
        return "{" + pairs.joined(separator: ", ") + "}"
    }

    /// `bool(value)`
    func truth() throws -> Bool {
        switch self {
        case .none: return false
        case .undefined(let undefined):
            if undefined.isLenient { return false }
            throw undefined.error
        case .bool(let flag): return flag
        case .int(let number): return number != 0
        case .double(let number): return number != 0
        case .string(let text), .markup(let text): return !text.isEmpty
        case .list(let list): return !list.items.isEmpty
        case .tuple(let items): return !items.isEmpty
        case .dict(let dict): return dict.count > 0
        case .range(let range): return range.count > 0
        case .view(let view): return view.dict.count > 0
        case .timedelta(let delta): return delta.microseconds != 0
        case .object(let object): return try object.truth()
        case .iterator, .datetime, .date, .method: return true
        }
    }

    /// The elements that `for` sees.
    /// - Throws: `TypeError: 'int' object is not iterable` as Python.
    func elements() throws -> [JinjaValue] {
        switch self {
        case .undefined(let undefined):
            if undefined.isLenient { return [] }
            throw undefined.error
        case .string(let text), .markup(let text): return text.unicodeScalars.map { .string(String($0)) }
        case .list(let list): return list.items
        case .tuple(let items): return items
        case .dict(let dict): return dict.entries.map(\.key)
        case .range(let range): return (0..<range.count).map { .int(range.element($0)) }
        case .view(let view): return view.items
        case .iterator(let iterator): return try iterator.drain()
        case .object(let object):
            guard let items = try object.elements() else {
                throw pythonError("TypeError", "'\(object.typeName)' is not iterable")
            }
            return items
        default: throw pythonError("TypeError", "'\(pythonTypeName)' object is not iterable")
        }
    }

    /// A lazy walk over the elements; only generators differ from `elements()`.
    func iterate() throws -> JinjaIterator {
        if case .iterator(let iterator) = self { return iterator }
        return JinjaIterator(try elements())
    }

    /// `len(value)`
    func length() throws -> Int {
        switch self {
        case .undefined(let undefined):
            if undefined.isLenient { return 0 }
            throw undefined.error
        case .string(let text), .markup(let text): return text.unicodeScalars.count
        case .list(let list): return list.items.count
        case .tuple(let items): return items.count
        case .dict(let dict): return dict.count
        case .range(let range): return range.count
        case .view(let view): return view.dict.count
        case .object(let object):
            throw unsupported("length of \(object.typeName)")
        default: throw pythonError("TypeError", "object of type '\(pythonTypeName)' has no len()")
        }
    }
}
