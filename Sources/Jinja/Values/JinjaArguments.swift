/// The evaluated arguments of a call, filter or test.
package struct JinjaArguments {
    package var positional: [JinjaValue]
    package var keywords: [(name: String, value: JinjaValue)]

    package init(_ positional: [JinjaValue] = [], keywords: [(name: String, value: JinjaValue)] = []) {
        self.positional = positional
        self.keywords = keywords
    }

    /// Sorts the arguments into a signature, as Python does.
    ///
    /// - Parameters:
    ///   - function: for the message.
    ///   - names: parameter names in order; positional and keyword use are both fine.
    ///   - required: how many of the first names must be given.
    /// - Returns: one entry a name, nil where the default applies.
    /// - Throws: `unsupported` when the call does not fit; Python then raises its own `TypeError`.
    package func bind(_ function: String, _ names: [String], required: Int = 0) throws -> [JinjaValue?] {
        guard positional.count <= names.count else { throw unsupported("number of arguments of \(function)") }
        var bound: [JinjaValue?] = Array(repeating: nil, count: names.count)
        for (index, value) in positional.enumerated() { bound[index] = value }
        for (name, value) in keywords {
            guard let index = names.firstIndex(of: name), bound[index] == nil else {
                throw unsupported("argument \(name) of \(function)")
            }
            bound[index] = value
        }
        guard bound.prefix(required).allSatisfy({ $0 != nil }) else { throw unsupported("missing argument of \(function)") }
        return bound
    }
}

extension Optional where Wrapped == JinjaValue {
    /// The argument as an integer, or the default when it was not given.
    func integer(_ argument: String, default fallback: Int) throws -> Int {
        guard let value = self else { return fallback }
        guard let number = value.integer else { throw unsupported("\(argument) that is not an integer") }
        return number
    }

    /// The argument as text, or the default when it was not given.
    func string(_ argument: String, default fallback: String) throws -> String {
        guard let value = self else { return fallback }
        guard let text = value.text else { throw unsupported("\(argument) that is not a string") }
        return text
    }

    /// The argument's truth, or the default when it was not given.
    func flag(default fallback: Bool) throws -> Bool {
        guard let value = self else { return fallback }
        return try value.truth()
    }

    /// Whether the argument was left out or is None.
    var isMissing: Bool {
        guard let value = self else { return true }
        return value.isNone
    }
}
