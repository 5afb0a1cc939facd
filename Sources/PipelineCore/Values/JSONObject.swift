/// The members of a JSON object in the order in which they were first written. Equality, as of Python's `dict`, does
/// not look at the order.
package struct JSONObject: Sendable {
    package typealias Element = (key: String, value: JSONValue)

    /// Up to this many members a linear search is about as fast as hashing, and needs no index: a serialized operator has
    /// some 30, and an index for each would weigh more than the operator.
    private static let linearLimit = 40

    private var entries: [Element] = []
    private var index: [String: Int] = [:]

    package init() {}

    /// Later members replace earlier ones of the same key.
    package init(_ elements: some Sequence<(String, JSONValue)>) {
        for (key, value) in elements { self[key] = value }
    }

    package var keys: [String] { entries.map(\.key) }
    package var values: [JSONValue] { entries.map(\.value) }

    /// The member `key`; assigning `nil` removes it, assigning to a new key appends it.
    package subscript(key: String) -> JSONValue? {
        get { position(of: key).map { entries[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): entries[position].value = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }
    }

    package subscript(key: String, default fallback: JSONValue) -> JSONValue { self[key] ?? fallback }

    /// This object with the members of `other` laid over it.
    package func merging(_ other: JSONObject) -> JSONObject {
        var result = self
        for (key, value) in other.entries { result[key] = value }
        return result
    }

    private func position(of key: String) -> Int? {
        entries.count <= Self.linearLimit ? entries.firstIndex { $0.key == key } : index[key]
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        entries.append((key, value))
        if entries.count == Self.linearLimit + 1 {
            rebuildIndex()
        } else if entries.count > Self.linearLimit {
            index[key] = entries.count - 1
        }
    }

    private mutating func remove(at position: Int) {
        entries.remove(at: position)
        rebuildIndex()
    }

    private mutating func rebuildIndex() {
        index = [:]
        guard entries.count > Self.linearLimit else { return }
        for (position, entry) in entries.enumerated() { index[entry.key] = position }
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.count }
    package subscript(position: Int) -> Element { entries[position] }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(entries.reduce(0) { $0 ^ $1.key.hashValue })
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
