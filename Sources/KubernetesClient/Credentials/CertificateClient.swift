package import HTTPTransport
import Synchronization

/// HTTP with the client certificate that a plugin hands out: when it prints another, connections are made anew.
package final class CertificateClient: HTTPClient {
    private struct Current {
        var certificate: String?
        var client: any HTTPClient
    }

    private let tls: TLSSettings
    private let credential: ExecCredential
    private let makeClient: @Sendable (TLSSettings) throws(HTTPTransportError) -> any HTTPClient
    private let current = Mutex<Current?>(nil)

    /// - Parameters:
    ///   - tls: what holds whatever the plugin prints.
    ///   - makeClient: opens a client; called for each new certificate.
    package init(
        tls: TLSSettings, credential: ExecCredential,
        makeClient: @escaping @Sendable (TLSSettings) throws(HTTPTransportError) -> any HTTPClient
    ) {
        self.tls = tls
        self.credential = credential
        self.makeClient = makeClient
    }

    package func perform(
        _ request: HTTPRequest, receiver: any HTTPResponseReceiver
    ) async throws(HTTPTransportError) -> HTTPResponseHead {
        let status: ExecCredential.Status
        do throws(KubernetesConfigurationError) { status = try await credential.status() } catch {
            throw HTTPTransportError(.tlsFailed, error.description, cause: error)
        }
        return try await client(for: status).perform(request, receiver: receiver)
    }

    private func client(for status: ExecCredential.Status) throws(HTTPTransportError) -> any HTTPClient {
        let result = current.withLock { current -> Result<any HTTPClient, HTTPTransportError> in
            if let current, current.certificate == status.clientCertificate { return .success(current.client) }
            return Result { () throws(HTTPTransportError) in
                let client = try makeClient(status.settings(over: tls))
                current = Current(certificate: status.clientCertificate, client: client)
                return client
            }
        }
        return try result.get()
    }
}

/// The same for connections that go on as something else than HTTP.
struct CertificateConnector: ByteStreamConnector {
    let settings: HTTPClientSettings
    let credential: ExecCredential

    func connect(
        to url: String, limits: HTTPRequest.Limits
    ) async throws(HTTPTransportError) -> any ByteStream {
        var settings = settings
        do throws(KubernetesConfigurationError) {
            settings.tls = try await credential.status().settings(over: settings.tls)
        } catch {
            throw HTTPTransportError(.tlsFailed, error.description, cause: error)
        }
        return try await CurlByteStreamConnector(settings).connect(to: url, limits: limits)
    }
}

extension ExecCredential.Status {
    /// With the certificate that the plugin has printed, if it has.
    fileprivate func settings(over tls: TLSSettings) -> TLSSettings {
        var settings = tls
        guard let certificate = clientCertificate, let key = clientKey else { return settings }
        settings.clientCertificate = .data(Array(certificate.utf8))
        settings.clientKey = .data(Array(key.utf8))
        return settings
    }
}
