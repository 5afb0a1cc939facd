extension Connection {
    /// Reads Airflow's two text forms: a JSON object or `type://login:password@host:port/schema?extra=...`.
    /// Source: Airflow 3.3 `models/connection.py` (`_parse_from_uri`, `from_json`).
    package init?(id: String, uriOrJSON text: String) {
        if text.drop(while: \.isWhitespace).first == "{" {
            guard let object = (try? JSONValue.parse(text))?.objectValue else { return nil }
            self.init(id: id, json: object)
        } else {
            self.init(id: id, uri: text)
        }
    }

    /// Reads `{"conn_type","host","login","password","schema","port","extra","description"}`.
    package init(id: String, json object: JSONObject) {
        self.init(id: id, type: object["conn_type"]?.stringValue ?? object["type"]?.stringValue ?? "")
        description = object["description"]?.stringValue
        host = object["host"]?.stringValue
        schema = object["schema"]?.stringValue
        login = object["login"]?.stringValue
        password = object["password"]?.stringValue
        port = object["port"]?.intValue ?? object["port"]?.stringValue.flatMap { Int($0) }
        switch object["extra"] {
        case .string(let text)?: extra = text
        case .object(let members)?: extra = JSONValue.object(members).serialized(.python)
        default: break
        }
    }

    private init?(id: String, uri text: String) {
        guard let schemeEnd = text.firstRange(of: "://"), schemeEnd.lowerBound > text.startIndex else { return nil }
        let scheme = text[..<schemeEnd.lowerBound].replacing("-", with: "_")
        self.init(id: id, type: scheme == "postgresql" ? "postgres" : String(scheme))
        var rest = text[schemeEnd.upperBound...]
        if let mark = rest.firstIndex(of: "?") {
            extra = Self.extra(query: rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if let slash = rest.firstIndex(of: "/") {
            schema = Self.decoded(rest[rest.index(after: slash)...])
            rest = rest[..<slash]
        }
        guard setAuthority(rest) else { return nil }
    }

    private mutating func setAuthority(_ authority: Substring) -> Bool {
        var hostPart = authority
        if let at = authority.lastIndex(of: "@") {
            let user = authority[..<at]
            hostPart = authority[authority.index(after: at)...]
            let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            login = Self.decoded(parts[0])
            if parts.count > 1 { password = Self.decoded(parts[1]) }
        }
        if let colon = hostPart.lastIndex(of: ":"), !hostPart[colon...].contains("]") {
            let digits = hostPart[hostPart.index(after: colon)...]
            guard digits.isEmpty || Int(digits) != nil else { return false }
            port = Int(digits)
            hostPart = hostPart[..<colon]
        }
        host = Self.decoded(hostPart)
        return true
    }

    /// The query as JSON; a single `__extra__` holds the JSON itself.
    private static func extra(query: Substring) -> String? {
        var object = JSONObject()
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? decoded(parts[1].replacing("+", with: " ")[...]) ?? "" : ""
            guard let name = decoded(parts[0]) else { continue }
            if name == "__extra__" { return value }
            object[name] = .string(value)
        }
        return object.isEmpty ? nil : JSONValue.object(object).serialized(.python)
    }

    /// Percent-decoded; `nil` for an empty text.
    private static func decoded(_ text: Substring) -> String? {
        guard !text.isEmpty else { return nil }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
