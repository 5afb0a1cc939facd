/// Checks values against a JSON schema, draft 2020-12, as Python's `jsonschema` does for Airflow: words that the draft
/// does not know (`values_display`, `title`, `section`) say nothing, `1.0` is an integer, `true` is not a number.
///
/// `$ref` reaches places of the same schema (`#/$defs/x`). Not supported, and refused where they stand:
/// `unevaluatedItems`, `unevaluatedProperties`, `$dynamicRef` and references to other documents.
package struct JSONSchemaValidator: Sendable {
    /// One value that a schema refuses.
    package struct Violation: Sendable, Hashable {
        /// The word that refused it.
        package var rule: String
        package var message: String
        /// Place inside the value, e.g. `[2].name`; empty for the value itself.
        package var path: String

        init(_ rule: String, _ message: String) {
            self.rule = rule
            self.message = message
            path = ""
        }

        func inside(_ key: String) -> Violation {
            var violation = self
            violation.path = path.isEmpty || path.hasPrefix("[") ? key + path : "\(key).\(path)"
            return violation
        }
    }

    /// Bound on the depth of references and sub-schemas, so that a schema that refers to itself comes to an end.
    package static let maximumDepth = 64

    let root: JSONValue

    package init(schema: JSONValue) { root = schema }

    /// The first violation, `nil` where the value satisfies the schema.
    package func violation(by value: JSONValue) -> Violation? { violation(value, root, depth: 0) }

    func violation(_ value: JSONValue, _ schema: JSONValue, depth: Int) -> Violation? {
        guard depth < Self.maximumDepth else { return Violation("$ref", "the schema is nested too deeply") }
        switch schema {
        case .bool(true): return nil
        case .bool(false): return Violation("false", "False schema does not allow \(value.pythonText)")
        case .object(let words):
            let check = SchemaCheck(validator: self, words: words, depth: depth)
            for (word, argument) in words {
                if let violation = check.violation(value, word: word, argument: argument) { return violation }
            }
            return nil
        default: return Violation("schema", "\(schema.pythonText) is not a schema")
        }
    }

    /// The schema that a local reference names.
    func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#") else { return nil }
        var place = root
        for part in reference.dropFirst().split(separator: "/") {
            let key = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
            guard let next = place[key] ?? Int(key).flatMap({ place[$0] }) else { return nil }
            place = next
        }
        return place
    }
}

/// The words of one schema object, applied to values.
struct SchemaCheck {
    let validator: JSONSchemaValidator
    let words: JSONObject
    let depth: Int

    typealias Violation = JSONSchemaValidator.Violation

    func violation(_ value: JSONValue, word: String, argument: JSONValue) -> Violation? {
        switch word {
        case "type", "enum", "const": identity(value, word, argument)
        case "allOf", "anyOf", "oneOf", "not", "if", "$ref": combination(value, word, argument)
        case "unevaluatedItems", "unevaluatedProperties", "$dynamicRef":
            Violation(word, "the schema word '\(word)' is not supported")
        default:
            switch value {
            case .int, .double: number(value, word, argument)
            case .string(let text): string(text, word, argument)
            case .array(let elements): array(elements, word, argument)
            case .object(let object): self.object(object, word, argument)
            default: nil
            }
        }
    }

    /// Whether a sub-schema accepts the value.
    func accepts(_ value: JSONValue, _ schema: JSONValue) -> Bool {
        validator.violation(value, schema, depth: depth + 1) == nil
    }

    func violation(_ value: JSONValue, _ schema: JSONValue) -> Violation? {
        validator.violation(value, schema, depth: depth + 1)
    }

    /// An argument of the wrong type makes the schema itself wrong; that is said instead of passed over.
    func badArgument(_ word: String, _ argument: JSONValue) -> Violation {
        Violation(word, "\(argument.pythonText) is not a valid argument of '\(word)' in the schema")
    }

    private func identity(_ value: JSONValue, _ word: String, _ argument: JSONValue) -> Violation? {
        switch word {
        case "type": return type(value, argument)
        case "const":
            return value.equalsInSchema(argument) ? nil : Violation(word, "\(argument.pythonText) was expected")
        default:
            guard let allowed = argument.arrayValue else { return badArgument(word, argument) }
            guard !allowed.contains(where: value.equalsInSchema) else { return nil }
            return Violation(word, "\(value.pythonText) is not one of \(argument.pythonText)")
        }
    }

    private func type(_ value: JSONValue, _ argument: JSONValue) -> Violation? {
        let names = argument.arrayValue ?? [argument]
        var texts: [String] = []
        for name in names {
            guard let text = name.stringValue, let matches = value.isOfSchemaType(text) else {
                return badArgument("type", argument)
            }
            if matches { return nil }
            texts.append(name.pythonText)
        }
        return Violation("type", "\(value.pythonText) is not of type \(texts.joined(separator: ", "))")
    }
}
