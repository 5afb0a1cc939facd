/// What a client trusts and how it proves who it is. Certificates and keys are PEM.
package struct TLSSettings: Sendable, Hashable {
    /// Where a certificate or a key comes from.
    package enum Material: Sendable, Hashable {
        /// A path; the file is read for each new connection, so that a renewed one is met.
        case file(String)
        case data([UInt8])
    }

    /// Certificates of the authorities that are trusted; `nil`: those of the system.
    package var authorities: Material?
    /// The client's own certificate, with its chain.
    package var clientCertificate: Material?
    package var clientKey: Material?
    /// The name that the server's certificate must have and that is sent as SNI, where it is not the host of the URL.
    package var serverName: String?
    /// Whether the server's certificate is checked at all.
    package var verifiesServer: Bool

    package init(
        authorities: Material? = nil, clientCertificate: Material? = nil, clientKey: Material? = nil,
        serverName: String? = nil, verifiesServer: Bool = true
    ) {
        self.authorities = authorities
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.serverName = serverName
        self.verifiesServer = verifiesServer
    }
}
