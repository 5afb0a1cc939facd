extension Connection {
    /// The connection in Airflow's URI form. Source: Airflow 3.3 `models/connection.py` (`get_uri`).
    package var uri: String {
        var text = type.isEmpty ? "//" : type.lowercased().replacing("_", with: "-") + "://"
        var name = host ?? ""
        if let mark = name.firstRange(of: "://"), name[..<mark.lowerBound] != type {
            text += name[..<mark.upperBound]
            name = String(name[mark.upperBound...])
        }
        let authority = (login.map(Self.quoted) ?? "") + (password.map { ":" + Self.quoted($0) } ?? "")
        if !authority.isEmpty { text += authority + "@" }
        var place = Self.quoted(name)
        if let port, port != 0 { place += place.isEmpty && authority.isEmpty ? "@:\(port)" : ":\(port)" }
        let hasSchema = schema?.isEmpty == false
        if hasSchema { place += "/" + Self.quoted(schema ?? "") }
        return text + place + (query.map { (hasSchema ? "?" : "/?") + $0 } ?? "")
    }

    /// The extra as members where all of them are texts that come back as such, else as one JSON text.
    private var query: String? {
        guard let extra, !extra.isEmpty else { return nil }
        let members = (try? JSONValue.parse(extra))?.objectValue ?? JSONObject()
        let texts = members.compactMap { name, value in value.stringValue.map { (name, $0) } }
        guard !texts.isEmpty, texts.count == members.count else {
            return Self.extraKey + "=" + Self.formQuoted(extra)
        }
        return texts.map { Self.formQuoted($0.0) + "=" + Self.formQuoted($0.1) }.joined(separator: "&")
    }

    private static func quoted(_ text: String) -> String { percentEncoded(text, blank: "%20") }

    private static func formQuoted(_ text: String) -> String { percentEncoded(text, blank: "+") }

    private static func percentEncoded(_ text: String, blank: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): result += blank
            default: result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
