/// Header fields in their order; names compare without regard to case (RFC 9110, section 5.1).
package struct HTTPHeaders: Sendable, Hashable {
    private(set) package var fields: [Field] = []

    package struct Field: Sendable, Hashable {
        package var name: String
        package var value: String
    }

    package init() {}

    /// The first field of that name; assigning replaces all of that name, `nil` removes them.
    package subscript(name: String) -> String? {
        get { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            fields.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }

    /// Appends a field and keeps earlier ones of the same name.
    package mutating func append(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }
}
