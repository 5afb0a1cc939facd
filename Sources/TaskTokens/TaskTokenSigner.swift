import Crypto
package import PipelineCore

/// Signs and checks tokens of tasks: JSON Web Tokens (RFC 7519) with a secret that the installation's processes share.
package struct TaskTokenSigner: Sendable {
    /// HMAC with SHA-2 (RFC 7518, 3.2). Airflow's default is HS512.
    package enum Algorithm: String, Sendable, Hashable {
        case hs256 = "HS256"
        case hs512 = "HS512"
    }

    /// Airflow makes secrets of sixteen random bytes where none is given.
    package static let minimumSecretBytes = 16
    /// How far clocks may differ. Source: Airflow `[api_auth] jwt_leeway`.
    package static let leeway: Duration = .seconds(10)

    private let key: SymmetricKey
    private let algorithm: Algorithm

    /// - Parameter secret: `[api_auth] jwt_secret`, as text.
    /// - Throws: ``TaskTokenError/weakSecret``
    package init(secret: String, algorithm: Algorithm = .hs512) throws(TaskTokenError) {
        guard secret.utf8.count >= Self.minimumSecretBytes else { throw .weakSecret }
        key = SymmetricKey(data: Array(secret.utf8))
        self.algorithm = algorithm
    }

    package func sign(_ token: TaskToken) -> String { text(of: token.claims) }

    func text(of claims: JSONValue) -> String {
        // The members of the header are sorted, as Airflow's are.
        let header: JSONValue = ["alg": .string(algorithm.rawValue), "kid": "not-used", "typ": "JWT"]
        let signed = "\(Self.encode(header.serializedUTF8())).\(Self.encode(claims.serializedUTF8()))"
        return "\(signed).\(Self.encode(code(for: signed)))"
    }

    /// - Parameter scopes: those that the bearer may have for what it asks.
    /// - Throws: ``TaskTokenError``
    package func verify(
        _ text: String, scopes: Set<TaskToken.Scope>, at now: Timestamp
    ) throws(TaskTokenError) -> TaskToken {
        let token = try TaskToken(claims: try claims(text))
        guard scopes.contains(token.scope) else { throw .wrongScope }
        guard now + Self.leeway >= token.issuedAt else { throw .notYetValid }
        guard now < token.expiresAt + Self.leeway else { throw .expired }
        return token
    }

    /// The claims of a token whose signature fits; nothing of it is believed before.
    private func claims(_ text: String) throws(TaskTokenError) -> JSONValue {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let header = Self.json(parts[0]), let code = Self.decode(parts[2]) else {
            throw .malformed
        }
        guard header["alg"]?.stringValue == algorithm.rawValue else { throw .wrongAlgorithm }
        guard isValid(code, for: "\(parts[0]).\(parts[1])") else { throw .wrongSignature }
        guard let claims = Self.json(parts[1]), claims.objectValue != nil else { throw .malformed }
        return claims
    }

    private func code(for text: String) -> [UInt8] {
        switch algorithm {
        case .hs256: Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
        case .hs512: Array(HMAC<SHA512>.authenticationCode(for: Array(text.utf8), using: key))
        }
    }

    /// In a time that does not depend on where the codes differ.
    private func isValid(_ code: [UInt8], for text: String) -> Bool {
        switch algorithm {
        case .hs256: HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(text.utf8), using: key)
        case .hs512: HMAC<SHA512>.isValidAuthenticationCode(code, authenticating: Array(text.utf8), using: key)
        }
    }

    // MARK: - Base 64 without padding (RFC 7515, 2)

    private static func encode(_ bytes: [UInt8]) -> String { Base64URL.encode(bytes).filter { $0 != "=" } }

    private static func decode(_ text: String) -> [UInt8]? {
        guard !text.contains("=") else { return nil }
        return Base64URL.decode(text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4))
    }

    private static func json(_ text: String) -> JSONValue? {
        decode(text).flatMap { try? JSONValue.parse(utf8: $0) }
    }
}
