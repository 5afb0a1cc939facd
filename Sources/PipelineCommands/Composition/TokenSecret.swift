import MetadataStore
import PipelineCore
import TaskTokens

/// The secret that tokens of workers are signed with.
enum TokenSecret {
    private static let bytes = 64

    /// The configured one, or that in `jwt_secret.key` of the home folder, which is made at the first need.
    /// - Throws: ``UsageError`` for a secret that is too short, ``StoreError`` for a file that cannot be read or made.
    static func signer(_ configuration: Configuration) throws -> TaskTokenSigner {
        let given = configuration[.jwtSecret]
        let text = given.isEmpty ? try file(configuration).loadOrCreate() : given
        do {
            return try TaskTokenSigner(secret: text)
        } catch {
            throw UsageError("jwt_secret: \(error) (from \(configuration.values[.jwtSecret]?.source ?? ""))")
        }
    }

    private static func file(_ configuration: Configuration) -> KeyFile {
        KeyFile(configuration[.home] + "/jwt_secret.key") {
            var generator = SystemRandomNumberGenerator()
            return Base64URL.encode((0..<bytes).map { _ in UInt8.random(in: 0...255, using: &generator) })
        } problem: { text in
            text.utf8.count < TaskTokenSigner.minimumSecretBytes ? TaskTokenError.weakSecret.description : nil
        }
    }
}
