import PipelineCore

/// A statement of a `.sql` file.
struct SQLStatement: Sendable, Hashable {
    var name: String
    var text: String
    /// PostgreSQL only: each parameter is an array, and one execution takes all rows.
    var isBatch: Bool
}

/// The statements of a dialect by name. A file holds, one after the other, `-- name: X` (or `-- name: X :batch`) and
/// the statement. `{Y}` stands for the text of `Y`, so that a list of columns is written once; `{conditions}` is
/// filled in by ``compose(_:_:)``. Parameters are written `?`, or `?2` where one is used twice, in both dialects.
struct StatementLibrary: Sendable {
    private(set) var statements: [String: SQLStatement] = [:]

    /// - Precondition: The files are part of the binary, so a mistake in them is a bug.
    init(files: [[UInt8]]) {
        for file in files {
            for statement in Self.parse(String(decoding: file, as: UTF8.self)) {
                precondition(statements[statement.name] == nil, "statement \(statement.name) stands twice")
                statements[statement.name] = statement
            }
        }
        for name in statements.keys { statements[name]!.text = expand(statements[name]!.text, depth: 0) }
    }

    subscript(name: String) -> SQLStatement {
        guard let statement = statements[name] else { preconditionFailure("there is no statement \(name)") }
        return statement
    }

    /// `name` with the conjunction of the conditions, each a statement of its own, in place of `{conditions}`.
    func compose(_ name: String, _ conditions: [String]) -> SQLStatement {
        let base = self[name]
        let text = conditions.isEmpty ? "TRUE" : conditions.map { self[$0].text }.joined(separator: " AND ")
        return SQLStatement(
            name: ([name] + conditions).joined(separator: "+"), text: base.text.replacing("{conditions}", with: text),
            isBatch: false)
    }

    private func expand(_ text: String, depth: Int) -> String {
        precondition(depth < 4, "statements include each other")
        var result = text
        for piece in text.split(separator: "{", omittingEmptySubsequences: false).dropFirst() {
            guard let end = piece.firstIndex(of: "}") else { continue }
            let name = String(piece[..<end])
            if name == "conditions" { continue }
            result = result.replacing("{\(name)}", with: expand(self[name].text, depth: depth + 1))
        }
        return result
    }

    private static func parse(_ file: String) -> [SQLStatement] {
        var statements: [SQLStatement] = []
        for line in file.split(separator: "\n") {
            if line.hasPrefix("-- name: ") {
                let words = line.dropFirst(9).split(separator: " ")
                statements.append(
                    SQLStatement(name: String(words[0]), text: "", isBatch: words.dropFirst().first == ":batch"))
            } else if !line.hasPrefix("--"), !statements.isEmpty {
                let end = statements.count - 1
                statements[end].text += (statements[end].text.isEmpty ? "" : "\n") + line
            }
        }
        return statements.map { statement in
            var trimmed = statement
            while let last = trimmed.text.last, last.isWhitespace || last == ";" { trimmed.text.removeLast() }
            return trimmed
        }
    }
}
