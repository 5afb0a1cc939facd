import PipelineCore

/// Typed access to a mapping of a `dag.yaml`. A `null` counts as absent. Errors name line, path and what was expected.
struct YAMLFields: Sendable {
    let line: Int
    let path: String
    private(set) var entries: [YAMLNode.Entry]

    init(_ node: YAMLNode, path: String) throws(DAGParsingError) {
        guard let entries = node.entries else {
            throw node.error(.wrongType, "expected a mapping, found \(node.json.shortText)", path: path)
        }
        self.init(entries: entries, line: node.line, path: path)
    }

    init(entries: [YAMLNode.Entry], line: Int, path: String) {
        self.entries = entries
        self.line = line
        self.path = path
    }

    subscript(key: String) -> YAMLNode? {
        entries.first { $0.key == key && !$0.value.isNull }?.value
    }

    /// These fields with those of `defaults` behind them, as far as `accepts` takes their keys.
    func over(_ defaults: YAMLFields?, where accepts: (String) -> Bool = { _ in true }) -> YAMLFields {
        guard let defaults else { return self }
        let own = Set(entries.map(\.key))
        var result = self
        result.entries += defaults.entries.filter { !own.contains($0.key) && accepts($0.key) }
        return result
    }

    func without(_ keys: Set<String>) -> YAMLFields {
        var result = self
        result.entries.removeAll { keys.contains($0.key) }
        return result
    }

    func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func error(_ code: DAGParsingError.Code, _ message: String, key: String? = nil) -> DAGParsingError {
        let entry = entries.first { $0.key == key }
        return DAGParsingError(code, message, line: entry?.line ?? line, path: key.map(place) ?? path)
    }

    /// Other names of a key, brought to the one that the rest of the parser knows.
    func renamed(_ aliases: [String: String]) throws(DAGParsingError) -> YAMLFields {
        var result = self
        for index in entries.indices {
            let key = entries[index].key
            guard let name = aliases[key] else { continue }
            guard !entries.contains(where: { $0.key == name }) else {
                throw error(.duplicate, "'\(key)' and '\(name)' say the same; keep one", key: key)
            }
            result.entries[index].key = name
        }
        return result
    }

    /// - Throws: for the first key that is not `known`, with the nearest that is.
    func check(_ known: Set<String>, of thing: String, pythonOnly: Set<String> = []) throws(DAGParsingError) {
        for entry in entries where !known.contains(entry.key) {
            if pythonOnly.contains(entry.key) || entry.key.hasSuffix("_callback") || entry.key.contains("_callback_") {
                throw error(
                    .pythonOnly, "'\(entry.key)' needs Python code; write this DAG as a Python file", key: entry.key)
            }
            var message = "unknown key '\(entry.key)' of \(thing)"
            if let near = Spelling.nearest(to: entry.key, among: known) { message += "; did you mean '\(near)'?" }
            throw error(.unknownKey, message, key: entry.key)
        }
    }

    private func value<T>(
        _ key: String, _ expected: String, _ convert: (YAMLNode) -> T?
    ) throws(DAGParsingError) -> T? {
        guard let node = self[key] else { return nil }
        guard let value = convert(node) else {
            throw node.error(.wrongType, "expected \(expected), found \(node.json.shortText)", path: place(key))
        }
        return value
    }

    func string(_ key: String) throws(DAGParsingError) -> String? {
        try value(key, "a text") { $0.json.stringValue }
    }

    /// A text, or a number or date written without quotes where a text is meant.
    func text(_ key: String) throws(DAGParsingError) -> String? {
        try value(key, "a text") { $0.text }
    }

    func bool(_ key: String) throws(DAGParsingError) -> Bool? {
        try value(key, "true or false") { $0.json.boolValue }
    }

    func int(_ key: String) throws(DAGParsingError) -> Int? {
        try value(key, "an integer") { if case .int(let number) = $0.json { number } else { nil } }
    }

    func strings(_ key: String) throws(DAGParsingError) -> [String]? {
        try value(key, "a list of texts") { node in
            guard let elements = node.elements else { return node.json.stringValue.map { [$0] } }
            let strings = elements.compactMap(\.text)
            return strings.count == elements.count ? strings : nil
        }
    }

    func map(_ key: String) throws(DAGParsingError) -> YAMLFields? {
        guard let node = self[key] else { return nil }
        return try YAMLFields(node, path: place(key))
    }

    func duration(_ key: String) throws(DAGParsingError) -> Duration? {
        try value(key, "\(YAMLSpan.expected)", YAMLSpan.duration)
    }

    func word<T: RawRepresentable & CaseIterable>(
        _ key: String, _ type: T.Type
    ) throws(DAGParsingError) -> T? where T.RawValue == String {
        guard let text = try string(key) else { return nil }
        guard let word = T(rawValue: text) else {
            let words = T.allCases.map(\.rawValue)
            var message = "'\(text)' is not one of \(words.joined(separator: ", "))"
            if let near = Spelling.nearest(to: text, among: words) { message += "; did you mean '\(near)'?" }
            throw error(.invalidValue, message, key: key)
        }
        return word
    }
}

/// Finds what somebody meant.
enum Spelling {
    /// The nearest word by edits, if it is near at all.
    static func nearest(to word: String, among words: some Sequence<String>) -> String? {
        let limit = max(1, min(3, word.count / 3))
        let ranked = words.map { (distance: distance(word, $0), word: $0) }.filter { $0.distance <= limit }
        return ranked.min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
    }

    /// Insertions, deletions, replacements and swaps of neighbours.
    static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
