/// What holds for all exchanges of one client.
package struct HTTPClientSettings: Sendable, Hashable {
    /// Which proxy stands between.
    package enum Proxy: Sendable, Hashable {
        /// `http_proxy`, `HTTPS_PROXY`, `NO_PROXY` and so on, as curl reads them.
        case environment
        /// An `http`, `https` or `socks5` URL, which may carry user and password.
        case url(String)
        case none
    }

    package var tls: TLSSettings
    package var proxy: Proxy
    package var userAgent: String
    /// Streams that share one HTTP/2 connection at most.
    package var streamsPerConnection: Int

    package init(
        tls: TLSSettings = TLSSettings(), proxy: Proxy = .environment, userAgent: String = "pipeline",
        streamsPerConnection: Int = 1_000
    ) {
        self.tls = tls
        self.proxy = proxy
        self.userAgent = userAgent
        self.streamsPerConnection = streamsPerConnection
    }
}
