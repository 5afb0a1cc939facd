/// Says who asks, in the `Authorization` field.
package protocol CredentialSource: Sendable {
    /// The value of the field; `nil` where the client certificate says it all.
    func authorization() async throws(KubernetesConfigurationError) -> String?
    /// The server refused `rejected`: the next call of ``authorization()`` must not hand it out from memory.
    func renew(rejected: String?) async
}

/// A credential that never changes.
package struct FixedCredential: CredentialSource {
    private let value: String?

    package init(_ value: String?) { self.value = value }

    package func authorization() -> String? { value }
    package func renew(rejected: String?) {}
}
