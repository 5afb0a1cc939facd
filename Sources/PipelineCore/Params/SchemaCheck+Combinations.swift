extension SchemaCheck {
    /// `allOf`, `anyOf`, `oneOf`, `not`, `if` with `then` and `else`, `$ref`.
    func combination(_ value: JSONValue, _ word: String, _ argument: JSONValue) -> Violation? {
        switch word {
        case "not":
            guard accepts(value, argument) else { return nil }
            return Violation(word, "\(value.pythonText) should not be valid under \(argument.pythonText)")
        case "if": return conditional(value, argument)
        case "$ref":
            guard let reference = argument.stringValue, let schema = validator.resolve(reference) else {
                return Violation(word, "the schema has no \(argument.pythonText)")
            }
            return violation(value, schema)
        default:
            guard let schemas = argument.arrayValue, !schemas.isEmpty else { return badArgument(word, argument) }
            return choice(value, word, schemas)
        }
    }

    private func choice(_ value: JSONValue, _ word: String, _ schemas: [JSONValue]) -> Violation? {
        if word == "allOf" { return schemas.lazy.compactMap { violation(value, $0) }.first }
        let fitting = schemas.filter { accepts(value, $0) }
        if fitting.isEmpty {
            return Violation(word, "\(value.pythonText) is not valid under any of the given schemas")
        }
        if word == "oneOf", fitting.count > 1 {
            let texts = (fitting.dropFirst() + fitting.prefix(1)).map(\.pythonText).joined(separator: ", ")
            return Violation(word, "\(value.pythonText) is valid under each of \(texts)")
        }
        return nil
    }

    private func conditional(_ value: JSONValue, _ condition: JSONValue) -> Violation? {
        let branch = accepts(value, condition) ? words["then"] : words["else"]
        return branch.flatMap { violation(value, $0) }
    }
}
