import Synchronization

/// A token whose file is exchanged while we run: the kubelet renews projected tokens long before they end.
package final class TokenFileCredential: CredentialSource {
    /// How long a token that was read is used without another look.
    static let lifetime: Duration = .seconds(60)

    private let path: String
    private let watch: Stopwatch
    private let cached = Mutex<(value: String, readAt: Duration)?>(nil)

    package init(path: String, clock: any Clock<Duration>) {
        self.path = path
        watch = Stopwatch(clock)
    }

    package func authorization() throws(KubernetesConfigurationError) -> String? {
        let now = watch.elapsed
        if let (value, readAt) = cached.withLock({ $0 }), now - readAt < Self.lifetime { return value }
        let token = try ConfigurationFile.requiredText(path, field: "token")
        guard !token.isEmpty else { throw KubernetesConfigurationError(place: path, message: "the token is empty") }
        cached.withLock { $0 = ("Bearer \(token)", now) }
        return "Bearer \(token)"
    }

    package func renew(rejected: String?) {
        cached.withLock { if $0?.value == rejected { $0 = nil } }
    }
}
