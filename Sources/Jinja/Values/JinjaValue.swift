/// A Python value as a template sees it.
///
/// Lists and dicts are references, as in Python, since `{% do items.append(1) %}` changes what other names see. The
/// type is therefore not `Sendable`: build a context where you render.
package enum JinjaValue {
    case none
    /// A missing name, attribute or element. Airflow's `StrictUndefined` raises on nearly every use of it.
    case undefined(JinjaUndefined)
    case bool(Bool)
    /// Python integers have any size; a result outside of 64 bits is reported as unsupported.
    case int(Int)
    case double(Double)
    case string(String)
    /// `markupsafe.Markup`, the result of `tojson`, `escape` and `safe`: prints as a string, adds in its own way.
    case markup(String)
    case list(JinjaList)
    case tuple([JinjaValue])
    case dict(JinjaDict)
    case range(JinjaRange)
    /// `dict.keys()`, `.values()` and `.items()`.
    case view(JinjaDictView)
    /// A generator or iterator; it can be consumed once, and its text would contain an address.
    case iterator(JinjaIterator)
    case datetime(JinjaDateTime)
    case date(JinjaDate)
    case timedelta(JinjaTimeDelta)
    /// Anything the caller or the environment defines: `ti`, `macros`, `loop`, functions, classes.
    case object(any JinjaObject)
    case method(JinjaMethod)
}

/// An undefined value and the message that using it raises.
package struct JinjaUndefined {
    /// For instance `'foo' is undefined`.
    package let message: String

    /// The value of an inline `if` without `else` that did not hold. Jinja makes it plain `Undefined` even where
    /// names are strict: it prints as nothing and is false.
    package let isLenient: Bool

    /// - Parameters:
    ///   - message: the complete text of the later `UndefinedError`.
    ///   - isLenient: whether printing, truth and iteration are allowed.
    package init(message: String, isLenient: Bool = false) {
        self.message = message
        self.isLenient = isLenient
    }

    /// The error of using the value.
    var error: JinjaError { pythonError("UndefinedError", message) }
}

/// A method of a builtin value before it is called, such as `name.upper`.
package final class JinjaMethod {
    let receiver: JinjaValue
    let name: String

    init(receiver: JinjaValue, name: String) {
        self.receiver = receiver
        self.name = name
    }
}

/// A Python list. A class, because lists are shared and changed in place.
package final class JinjaList {
    package var items: [JinjaValue]

    package init(_ items: [JinjaValue] = []) {
        self.items = items
    }
}

/// A Python `range`.
package struct JinjaRange: Equatable {
    let start: Int
    let stop: Int
    let step: Int

    /// How many numbers the range holds.
    var count: Int {
        if step > 0 { return stop > start ? (stop - start - 1) / step + 1 : 0 }
        return start > stop ? (start - stop - 1) / -step + 1 : 0
    }

    /// The number at a position within `0..<count`.
    func element(_ index: Int) -> Int { start + index * step }
}

/// A live view of a dict.
package struct JinjaDictView {
    enum Kind: String {
        case keys = "dict_keys"
        case values = "dict_values"
        case items = "dict_items"
    }

    let kind: Kind
    let dict: JinjaDict

    var items: [JinjaValue] {
        switch kind {
        case .keys: dict.entries.map(\.key)
        case .values: dict.entries.map(\.value)
        case .items: dict.entries.map { .tuple([$0.key, $0.value]) }
        }
    }
}

/// A Python iterator: each element comes out once, and is computed when it is asked for.
package final class JinjaIterator {
    private let advance: () throws -> JinjaValue?

    init(_ advance: @escaping () throws -> JinjaValue?) {
        self.advance = advance
    }

    convenience init(_ items: [JinjaValue]) {
        var rest = items.makeIterator()
        self.init { rest.next() }
    }

    func next() throws -> JinjaValue? { try advance() }

    /// All that is left; the iterator is empty afterwards.
    func drain() throws -> [JinjaValue] {
        var items: [JinjaValue] = []
        while let item = try advance() { items.append(item) }
        return items
    }
}

extension JinjaValue {
    /// A list of values.
    package static func list(_ items: [JinjaValue]) -> JinjaValue { .list(JinjaList(items)) }

    /// A dict with text keys, in the given order.
    package static func dict(_ pairs: [(String, JinjaValue)]) -> JinjaValue {
        let dict = JinjaDict()
        for (key, value) in pairs { dict.set(text: key, value) }
        return .dict(dict)
    }

    /// The text of a `str` or `Markup`.
    var text: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    /// The integer of an `int` or `bool`.
    var integer: Int? {
        switch self {
        case .int(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// The number of an `int`, `bool` or `float`.
    var number: Double? {
        if case .double(let value) = self { return value }
        return integer.map(Double.init)
    }

    var isUndefined: Bool {
        if case .undefined = self { return true }
        return false
    }

    var isNone: Bool {
        if case .none = self { return true }
        return false
    }
}
