import CLibPQ
import PipelineCore

/// A `postgresql://` URL, understood by libpq.
struct PostgresURL: Sendable {
    /// What libpq gets.
    let text: String
    /// Host, port and database for people: no user's password, no options.
    let location: String

    /// - Throws: ``StoreError`` `unreachable` when libpq does not understand it; the message has no password.
    init(_ text: String) throws(StoreError) {
        self.text = text
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            PQfreemem(message)
            throw StoreError(
                .unreachable,
                "the database URL cannot be understood; write postgresql://user:password@host:port/database")
        }
        defer { PQconninfoFree(options) }
        var parts: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parts[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        let host = parts["host"] ?? parts["hostaddr"] ?? "localhost"
        location = "postgresql://\(host):\(parts["port"] ?? "5432")/\(parts["dbname"] ?? parts["user"] ?? "")"
    }
}
