import Crypto
import CryptoExtras
import FoundationEssentials
import Glibc
package import PipelineCore

/// A Fernet key: 16 bytes that sign and 16 that encrypt. A token is
/// `version (0x80) | seconds since 1970 (8 bytes) | IV (16) | AES-128-CBC with PKCS #7 | HMAC-SHA-256 (32)` in Base 64.
/// Source: https://github.com/fernet/spec/blob/master/Spec.md. Python's `cryptography.fernet` writes the same.
package struct FernetKey: Sendable {
    private static let version: UInt8 = 0x80
    private static let headerLength = 25
    private static let signatureLength = 32

    private let signing: SymmetricKey
    private let encryption: SymmetricKey

    /// - Parameter text: 32 bytes in URL-safe Base 64, Airflow's `[core] fernet_key`.
    package init(_ text: String) throws(StoreError) {
        guard let bytes = Base64URL.decode(text), bytes.count == 32 else {
            throw StoreError(
                .invalid,
                "a Fernet key is 32 bytes in URL-safe Base 64 (44 characters); this one has \(text.count) characters")
        }
        signing = SymmetricKey(data: bytes.prefix(16))
        encryption = SymmetricKey(data: bytes.suffix(16))
    }

    /// The text of a new key.
    package static func generate() -> String {
        var generator = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    func encrypt(_ plain: [UInt8], at instant: Timestamp, iv: [UInt8]) throws -> String {
        let seconds = UInt64(bitPattern: instant.microseconds / 1_000_000)
        let cipher = try AES._CBC.encrypt(plain, using: encryption, iv: AES._CBC.IV(ivBytes: iv))
        var token = [Self.version] + (0..<8).map { UInt8(truncatingIfNeeded: seconds >> (56 - 8 * $0)) } + iv
        token.append(contentsOf: cipher)
        token.append(contentsOf: HMAC<SHA256>.authenticationCode(for: token, using: signing))
        return Base64URL.encode(token)
    }

    /// The plain bytes; `nil` when the token is not of this key.
    func decrypt(_ token: [UInt8]) -> [UInt8]? {
        let bodyLength = token.count - Self.signatureLength
        guard bodyLength >= Self.headerLength + 16, token[0] == Self.version else { return nil }
        let (body, signature) = (token.prefix(bodyLength), token.suffix(Self.signatureLength))
        guard HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: body, using: signing),
            let iv = try? AES._CBC.IV(ivBytes: body[9..<Self.headerLength])
        else { return nil }
        return (try? AES._CBC.decrypt(body[Self.headerLength...], using: encryption, iv: iv)).map { Array($0) }
    }
}

/// One or more keys, separated by commas: the first encrypts, all decrypt, so that a key can be changed without a gap
/// (Airflow's rotation).
package struct FernetKeys: Sendable {
    private let keys: [FernetKey]

    package init(_ text: String) throws(StoreError) {
        var keys: [FernetKey] = []
        for part in text.split(separator: ",") { keys.append(try FernetKey(String(part.filter { !$0.isWhitespace }))) }
        guard !keys.isEmpty else {
            throw StoreError(.invalid, "there is no Fernet key to keep secrets with")
        }
        self.keys = keys
    }

    package func encrypt(_ text: String, at instant: Timestamp) -> String {
        var generator = SystemRandomNumberGenerator()
        let iv = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        do {
            return try keys[0].encrypt(Array(text.utf8), at: instant, iv: iv)
        } catch {
            preconditionFailure("AES with a key and an IV of 16 bytes cannot fail: \(error)")
        }
    }

    /// - Throws: ``StoreError`` `corrupt` for what is no token of these keys.
    package func decrypt(_ token: String) throws(StoreError) -> String {
        guard let bytes = Base64URL.decode(token) else { throw StoreError(.corrupt, "this is no Fernet token") }
        for key in keys {
            guard let plain = key.decrypt(bytes) else { continue }
            guard let text = String(validating: plain, as: UTF8.self) else {
                throw StoreError(.corrupt, "what was encrypted is not UTF-8")
            }
            return text
        }
        throw StoreError(.corrupt, "no key of \(keys.count) fits this Fernet token")
    }
}
