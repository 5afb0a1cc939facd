import CLibPQ

/// A statement that a connection has prepared, with what the server worked out about it.
struct PostgresStatement: Sendable {
    /// The name on the server; statement names may be longer than PostgreSQL's 63 bytes.
    var serverName: String
    var parameterTypes: [Oid]
}

/// `$1`, `$2`, ... in place of `?` and `?2`.
func numberedParameters(_ text: String) -> String {
    var (result, next) = ("", 1)
    var rest = Substring(text)
    while let mark = rest.firstIndex(of: "?") {
        result += rest[..<mark]
        rest = rest[rest.index(after: mark)...]
        let digits = rest.prefix { $0.isNumber }
        rest = rest.dropFirst(digits.count)
        if digits.isEmpty {
            result += "$\(next)"
            next += 1
        } else {
            result += "$\(digits)"
        }
    }
    return result + rest
}
