extension Connection {
    /// What is made of the values of a URI's query.
    package enum QueryValues: Sendable {
        /// Texts, as the Task SDK reads a URI out of the environment. Source: `sdk/definitions/connection.py`.
        case texts
        /// JSON where they can be read so, as Airflow's commands do. Source: `models/connection.py`.
        case json
    }

    /// Reads Airflow's two text forms: a JSON object or `type://login:password@host:port/schema?extra=...`.
    package init?(id: String, uriOrJSON text: String, query: QueryValues = .texts) {
        if text.drop(while: \.isWhitespace).first == "{" {
            guard let object = (try? JSONValue.parse(text))?.objectValue else { return nil }
            self.init(id: id, json: object)
        } else {
            self.init(id: id, uri: text, query: query)
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
        switch object["extra"] ?? object["extra_dejson"] {
        case .string(let text)?: extra = text
        case .object(let members)?: extra = JSONValue.object(members).serialized(.python)
        default: break
        }
    }

    /// What the URI does not say is empty, not absent, but for login, password and port.
    private init?(id: String, uri text: String, query: QueryValues) {
        let parts = text.split(separator: "://", maxSplits: 3, omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let type = Self.type(scheme: parts[0]) else { return nil }
        self.init(id: id, type: type)
        let rest = parts[parts.count - 1].prefix { $0 != "#" }
        if let mark = rest.firstIndex(of: "?") { extra = Self.extra(query: rest[rest.index(after: mark)...], query) }
        let location = rest.prefix { $0 != "?" }
        schema = Self.decoded(location.drop { $0 != "/" }.dropFirst())
        guard setAuthority(location.prefix { $0 != "/" }) else { return nil }
        guard parts.count == 3 else { return }
        guard !parts[1].contains(where: { "@:".contains($0) }) else { return nil }
        host = host.map { $0.isEmpty ? $0 : "\(parts[1])://\($0)" }
    }

    /// `nil` for what is no scheme of a URI.
    private static func type(scheme: Substring) -> String? {
        let isScheme = scheme.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isScheme, scheme.first?.isLetter == true else { return nil }
        let name = scheme.lowercased()
        return name == "postgresql" ? "postgres" : name.replacing("-", with: "_")
    }

    private mutating func setAuthority(_ authority: Substring) -> Bool {
        var hostPart = authority
        if let at = authority.lastIndex(of: "@") {
            hostPart = authority[authority.index(after: at)...]
            let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            login = Self.decoded(parts[0])
            if parts.count > 1 { password = Self.decoded(parts[1]) }
        }
        if let colon = hostPart.lastIndex(of: ":"), !hostPart[colon...].contains("]") {
            let digits = hostPart[hostPart.index(after: colon)...]
            guard digits.isEmpty || UInt16(digits) != nil else { return false }
            port = Int(digits)
            hostPart = hostPart[..<colon]
        }
        if hostPart.hasPrefix("["), hostPart.hasSuffix("]") { hostPart = hostPart.dropFirst().dropLast() }
        host = Self.hostname(hostPart)
        return true
    }

    /// Host names have no case; a path of a socket has.
    private static func hostname(_ text: Substring) -> String {
        let name = decoded(text)
        return name.contains("/") ? name : decoded(text.lowercased()[...])
    }

    /// The query as JSON; a single `__extra__` holds the JSON itself.
    private static func extra(query: Substring, _ values: QueryValues) -> String? {
        var object = JSONObject()
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let text = parts.count > 1 ? formDecoded(parts[1]) : ""
            let name = formDecoded(parts[0])
            if name == extraKey { return text }
            object[name] = values == .json && !text.isEmpty ? (try? JSONValue.parse(text)) ?? .string(text) : .string(text)
        }
        return object.isEmpty ? nil : escaped(JSONValue.object(object).serialized(.python))
    }

    /// JSON with nothing but ASCII in it, as Python writes it.
    private static func escaped(_ json: String) -> String {
        json.utf16.reduce(into: "") { text, unit in
            if unit < 128 { return text.unicodeScalars.append(Unicode.Scalar(UInt8(unit))) }
            let digits = String(unit, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    /// The key of a query that holds all of the extra as JSON.
    static let extraKey = "__extra__"

    private static func formDecoded(_ text: Substring) -> String { decoded(text.replacing("+", with: " ")) }

    private static func decoded(_ text: Substring) -> String {
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
