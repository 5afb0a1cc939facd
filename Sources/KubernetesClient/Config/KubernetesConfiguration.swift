package import HTTPTransport

/// Where a cluster's API is, and how to prove who asks.
package struct KubernetesConfiguration: Sendable, Hashable {
    /// Base URL, without a slash at its end.
    package var server: String
    package var tls: TLSSettings
    package var proxy: HTTPClientSettings.Proxy
    /// The namespace that is meant where none is named.
    package var namespace: String
    package var credential: CredentialDefinition
    /// What this was read from, for messages: a context of a kubeconfig, or the pod's service account.
    package var origin: String

    package init(
        server: String, tls: TLSSettings = TLSSettings(), proxy: HTTPClientSettings.Proxy = .environment,
        namespace: String = "default", credential: CredentialDefinition = .none, origin: String = "given by hand"
    ) {
        self.server = server
        self.tls = tls
        self.proxy = proxy
        self.namespace = namespace
        self.credential = credential
        self.origin = origin
    }

    /// The settings of an HTTP client for this cluster.
    package var clientSettings: HTTPClientSettings { HTTPClientSettings(tls: tls, proxy: proxy) }
}

/// How a request says who asks, beside a client certificate.
package enum CredentialDefinition: Sendable, Hashable {
    case none
    case token(String)
    /// A path whose content changes: read again at least each minute.
    case tokenFile(String)
    case basic(user: String, password: String)
    case exec(ExecPlugin)
}
