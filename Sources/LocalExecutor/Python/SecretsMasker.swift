import PipelineCore
import Synchronization

/// Replaces secrets in log lines by `***`: values that were named as secret, and all values of sensitive keys.
/// Source: Airflow `_shared/secrets_masker/secrets_masker.py`.
struct SecretsMasker {
    /// Shorter values are no secrets: masking them would make logs unreadable.
    static let minimumLength = 5
    static let replacement = "***"
    private static let neverMasked: Set<String> = ["airflow"]
    private static let sensitiveFields = [
        "access_key", "access_token", "api_key", "apikey", "auth_header", "authorization", "bearer",
        "connection_string", "dsn", "passphrase", "passwd", "password", "private_key", "proxy", "proxy_password",
        "proxies", "secret", "service_account", "service_key", "token", "keyfile_dict", "webhook_url",
    ]

    /// Longest first, so that a secret that holds another one is masked whole.
    private var secrets: [String] = []

    /// Nothing is known to be secret.
    var isEmpty: Bool { secrets.isEmpty }

    /// Masks `value` from now on; with a `name`, only where the name is a sensitive one. Objects are walked with their
    /// keys as names.
    mutating func add(_ value: JSONValue, name: String? = nil) {
        switch value {
        case .string(let text): add(text, name)
        case .array(let elements): for element in elements { add(element, name: name) }
        case .object(let members): for (key, member) in members { add(member, name: key) }
        default: break
        }
    }

    private mutating func add(_ text: String, _ name: String?) {
        guard text.count >= Self.minimumLength, !Self.neverMasked.contains(text.lowercased()),
            name.map(Self.isSensitive) ?? true, !secrets.contains(text)
        else { return }
        secrets.append(text)
        secrets.sort { $0.utf8.count > $1.utf8.count }
    }

    /// Whether values under this key are hidden.
    static func isSensitive(_ name: String) -> Bool {
        verdicts.withLock { verdicts in
            if let known = verdicts[name] { return known }
            if verdicts.count >= maximumVerdicts { verdicts = [:] }
            let isSensitive = judge(name)
            verdicts[name] = isSensitive
            return isSensitive
        }
    }

    /// Log lines have the same few keys again and again, and looking for 22 words in each took half of the supervisor's
    /// time.
    private static let verdicts = Mutex<[String: Bool]>([:])
    private static let maximumVerdicts = 1_000

    private static func judge(_ name: String) -> Bool {
        var normalized = ""
        var inGap = false
        for character in name.lowercased() {
            let isWord = character.isLetter || character.isNumber || character == "_"
            if isWord { normalized.append(character) } else if !inGap { normalized.append("_") }
            inGap = !isWord
        }
        return sensitiveFields.contains { normalized.contains($0) }
    }

    func redacted(_ value: JSONValue, name: String? = nil) -> JSONValue {
        if let name, Self.isSensitive(name) { return Self.hidden(value) }
        switch value {
        case .string(let text): return .string(redacted(text))
        case .array(let elements): return .array(elements.map { redacted($0) })
        case .object(let members): return .object(redacted(members))
        default: return value
        }
    }

    func redacted(_ members: JSONObject) -> JSONObject {
        JSONObject(members.lazy.map { ($0.key, redacted($0.value, name: $0.key)) })
    }

    func redacted(_ text: String) -> String {
        var text = text
        for secret in secrets where text.contains(secret) {
            text = text.replacing(secret, with: Self.replacement)
        }
        return text
    }

    /// All strings below a sensitive key; numbers and flags stay, as in Airflow.
    private static func hidden(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string: .string(replacement)
        case .array(let elements): .array(elements.map(hidden))
        case .object(let members): .object(JSONObject(members.lazy.map { ($0.key, hidden($0.value)) }))
        default: value
        }
    }
}
