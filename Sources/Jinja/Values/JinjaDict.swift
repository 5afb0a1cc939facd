/// A Python dict: ordered, changed in place, keys compared as Python compares them (`1 == 1.0 == True`).
package final class JinjaDict {
    package private(set) var entries: [(key: JinjaValue, value: JinjaValue)] = []
    private var positions: [JinjaKey: Int] = [:]

    package init() {}

    package var count: Int { entries.count }

    /// The value of a key. Unhashable keys raise `TypeError`.
    func get(_ key: JinjaValue) throws -> JinjaValue? {
        try positions[JinjaKey(key)].map { entries[$0].value }
    }

    /// The value of a text key.
    package func get(text key: String) -> JinjaValue? {
        positions[.string(PythonText(key))].map { entries[$0].value }
    }

    /// Adds or replaces; a replaced key keeps its place.
    func set(_ key: JinjaValue, _ value: JinjaValue) throws {
        store(try JinjaKey(key), key, value)
    }

    /// Adds or replaces a text key.
    package func set(text key: String, _ value: JinjaValue) {
        store(.string(PythonText(key)), .string(key), value)
    }

    private func store(_ hash: JinjaKey, _ key: JinjaValue, _ value: JinjaValue) {
        if let position = positions[hash] {
            entries[position].value = value
        } else {
            positions[hash] = entries.count
            entries.append((key, value))
        }
    }

    /// Removes a key and answers its value, or nil when it is absent.
    func remove(_ key: JinjaValue) throws -> JinjaValue? {
        guard let position = try positions[JinjaKey(key)] else { return nil }
        let removed = entries.remove(at: position)
        positions = [:]
        for (index, entry) in entries.enumerated() { positions[try JinjaKey(entry.key)] = index }
        return removed.value
    }

    /// Empties the dict.
    func removeAll() {
        entries = []
        positions = [:]
    }

    /// A shallow copy.
    func copy() -> JinjaDict {
        let copy = JinjaDict()
        copy.entries = entries
        copy.positions = positions
        return copy
    }
}

/// A text compared code point by code point, as Python does; Swift's `String` compares by canonical equivalence.
struct PythonText: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: PythonText, right: PythonText) -> Bool { sameText(left.text, right.text) }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}

/// Whether two texts have the same code points.
func sameText(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}

/// The hashable form of a value, equal exactly when Python says `==` of two hashable values.
enum JinjaKey: Hashable {
    case none
    case int(Int)
    case double(Double)
    case string(PythonText)
    case tuple([JinjaKey])
    case instant(Int, aware: Bool)
    case date(Int)
    case duration(Int)
    case identity(ObjectIdentifier)

    /// - Throws: `TypeError: unhashable type` as Python, or the undefined value's error.
    init(_ value: JinjaValue) throws {
        switch value {
        case .none: self = .none
        case .bool(let flag): self = .int(flag ? 1 : 0)
        case .int(let number): self = .int(number)
        case .double(let number): self = Int(exactly: number).map(JinjaKey.int) ?? .double(number)
        case .string(let text), .markup(let text): self = .string(PythonText(text))
        case .tuple(let items): self = .tuple(try items.map { try JinjaKey($0) })
        case .datetime(let moment): self = .instant(moment.comparable, aware: moment.zone != nil)
        case .date(let date): self = .date(date.days)
        case .timedelta(let delta): self = .duration(delta.microseconds)
        case .object(let object): self = .identity(ObjectIdentifier(object))
        case .undefined(let undefined): throw undefined.error
        case .list: throw pythonError("TypeError", "unhashable type: 'list'")
        case .dict: throw pythonError("TypeError", "unhashable type: 'dict'")
        default: throw unsupported("hash of a \(value.pythonTypeName)")
        }
    }
}
