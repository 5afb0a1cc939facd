extension SchemaCheck {
    /// `minItems`, `maxItems`, `uniqueItems`, `prefixItems`, `items`, `contains` with its counts.
    func array(_ elements: [JSONValue], _ word: String, _ argument: JSONValue) -> Violation? {
        let value = JSONValue.array(elements)
        switch word {
        case "minItems", "maxItems": return size(elements.count, of: value, word, argument)
        case "uniqueItems":
            guard argument == true else { return nil }
            return Self.hasEqual(elements) ? Violation(word, "\(value.pythonText) has non-unique elements") : nil
        case "prefixItems":
            guard let schemas = argument.arrayValue else { return badArgument(word, argument) }
            return zip(elements, schemas).enumerated().lazy.compactMap { index, pair in
                violation(pair.0, pair.1)?.inside("[\(index)]")
            }.first
        case "items":
            let fixed = words["prefixItems"]?.arrayValue?.count ?? 0
            if argument == false { return surplus(elements.dropFirst(fixed), after: fixed) }
            return elements.enumerated().dropFirst(fixed).lazy.compactMap { index, element in
                violation(element, argument)?.inside("[\(index)]")
            }.first
        case "contains": return contains(elements, argument)
        default: return nil
        }
    }

    private func surplus(_ elements: ArraySlice<JSONValue>, after fixed: Int) -> Violation? {
        guard let first = elements.first else { return nil }
        let rest = elements.count == 1 ? first : .array(Array(elements))
        let noun = fixed == 1 ? "item" : "items"
        return Violation(
            "items", "Expected at most \(fixed) \(noun) but found \(elements.count) extra: \(rest.pythonText)")
    }

    private func contains(_ elements: [JSONValue], _ schema: JSONValue) -> Violation? {
        let count = elements.count { accepts($0, schema) }
        let least = words["minContains"]?.intValue ?? 1
        let text = JSONValue.array(elements).pythonText
        if count == 0, least > 0 {
            return Violation("contains", "\(text) does not contain items matching the given schema")
        }
        if count < least {
            let counts = "(expected at least \(least) but only \(count) matched)"
            return Violation("minContains", "Too few items match the given schema \(counts)")
        }
        if let most = words["maxContains"]?.intValue, count > most {
            return Violation("maxContains", "Too many items match the given schema (expected at most \(most))")
        }
        return nil
    }

    private static func hasEqual(_ elements: [JSONValue]) -> Bool {
        elements.indices.contains { index in
            elements[(index + 1)...].contains { $0.equalsInSchema(elements[index]) }
        }
    }

    /// `required`, `properties`, `patternProperties`, `additionalProperties`, `propertyNames`, `minProperties`,
    /// `maxProperties`, `dependentRequired`, `dependentSchemas`.
    func object(_ object: JSONObject, _ word: String, _ argument: JSONValue) -> Violation? {
        switch word {
        case "required", "dependentRequired", "dependentSchemas": presence(object, word, argument)
        case "properties", "patternProperties", "additionalProperties", "propertyNames":
            members(object, word, argument)
        case "minProperties", "maxProperties": size(object.count, of: .object(object), word, argument)
        default: nil
        }
    }

    private func presence(_ object: JSONObject, _ word: String, _ argument: JSONValue) -> Violation? {
        if word == "required" {
            guard let names = argument.arrayValue else { return badArgument(word, argument) }
            let missing = names.first { $0.stringValue.map { object[$0] == nil } ?? false }
            return missing.map { Violation(word, "\($0.pythonText) is a required property") }
        }
        guard let dependents = argument.objectValue else { return badArgument(word, argument) }
        for (name, needed) in dependents where object[name] != nil {
            if word == "dependentSchemas" {
                if let violation = violation(.object(object), needed) { return violation }
            } else if let missing = needed.arrayValue?.first(where: { object[$0.stringValue ?? ""] == nil }) {
                return Violation(word, "\(missing.pythonText) is a dependency of \(JSONValue.string(name).pythonText)")
            }
        }
        return nil
    }

    private func members(_ object: JSONObject, _ word: String, _ argument: JSONValue) -> Violation? {
        switch word {
        case "properties":
            guard let schemas = argument.objectValue else { return badArgument(word, argument) }
            return schemas.lazy.compactMap { name, schema in
                object[name].flatMap { violation($0, schema)?.inside(name) }
            }.first
        case "patternProperties":
            guard let schemas = argument.objectValue else { return badArgument(word, argument) }
            return schemas.lazy.compactMap { patternMembers(object, $0, $1) }.first
        case "propertyNames":
            return object.lazy.compactMap { violation(.string($0.key), argument) }.first
        default: return additional(object, argument)
        }
    }

    private func patternMembers(_ object: JSONObject, _ pattern: String, _ schema: JSONValue) -> Violation? {
        guard let expression = SchemaPattern(pattern) else { return badArgument("patternProperties", .string(pattern)) }
        return object.lazy.compactMap { name, value in
            expression.isFound(in: name) ? violation(value, schema)?.inside(name) : nil
        }.first
    }

    private func additional(_ object: JSONObject, _ argument: JSONValue) -> Violation? {
        let named = words["properties"]?.objectValue ?? JSONObject()
        let patterns = words["patternProperties"]?.objectValue?.keys ?? []
        let expressions = patterns.compactMap(SchemaPattern.init)
        let extras = object.filter { name, _ in
            named[name] == nil && !expressions.contains { $0.isFound(in: name) }
        }
        guard argument == false else {
            return extras.lazy.compactMap { violation($0.value, argument)?.inside($0.key) }.first
        }
        return extras.isEmpty ? nil : unexpected(extras.map(\.key), patterns: patterns)
    }

    private func unexpected(_ names: [String], patterns: [String]) -> Violation {
        let word = "additionalProperties"
        let list = Self.list(names)
        if patterns.isEmpty {
            let verb = names.count == 1 ? "was" : "were"
            return Violation(word, "Additional properties are not allowed (\(list) \(verb) unexpected)")
        }
        let verb = names.count == 1 ? "does" : "do"
        return Violation(word, "\(list) \(verb) not match any of the regexes: \(Self.list(patterns))")
    }

    private static func list(_ names: [String]) -> String {
        names.sorted().map { JSONValue.string($0).pythonText }.joined(separator: ", ")
    }

    private func size(_ count: Int, of value: JSONValue, _ word: String, _ argument: JSONValue) -> Violation? {
        guard let limit = argument.intValue else { return badArgument(word, argument) }
        let isLeast = word.hasPrefix("min")
        guard isLeast ? count < limit : count > limit else { return nil }
        let isArray = value.arrayValue != nil
        let problem =
            switch (isLeast, isArray) {
            case (true, true): limit == 1 ? "should be non-empty" : "is too short"
            case (true, false): limit == 1 ? "should be non-empty" : "does not have enough properties"
            case (false, true): limit == 0 ? "is expected to be empty" : "is too long"
            case (false, false): limit == 0 ? "is expected to be empty" : "has too many properties"
            }
        return Violation(word, "\(value.pythonText) \(problem)")
    }
}
