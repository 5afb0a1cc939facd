import ChildProcesses
package import HTTPTransport
package import PipelineCore

extension KubernetesAPI {
    /// A client for a cluster over libcurl, with the credentials of its configuration.
    package static func connect(
        to configuration: KubernetesConfiguration, environment: [String: String], clock: any Clock<Duration>,
        wallClock: any WallClock, limits: RequestLimiter.Limits = RequestLimiter.Limits(),
        observer: (any Observer)? = nil, seed: UInt64
    ) throws(HTTPTransportError) -> KubernetesAPI {
        let runner = ProcessCommandRunner(environment: environment)
        let credentials = configuration.credential.source(clock: clock, wallClock: wallClock, runner: runner)
        return KubernetesAPI(
            server: configuration.server, namespace: configuration.namespace,
            http: try httpClient(configuration, credentials), credentials: credentials, clock: clock, limits: limits,
            observer: observer, seed: seed)
    }

    /// Opens connections to the cluster of `configuration`, for commands in containers.
    package static func connector(
        to configuration: KubernetesConfiguration, environment: [String: String], clock: any Clock<Duration>,
        wallClock: any WallClock
    ) -> any ByteStreamConnector {
        let runner = ProcessCommandRunner(environment: environment)
        let credentials = configuration.credential.source(clock: clock, wallClock: wallClock, runner: runner)
        let settings = configuration.clientSettings
        guard let plugin = credentials as? ExecCredential else { return CurlByteStreamConnector(settings) }
        return CertificateConnector(settings: settings, credential: plugin)
    }

    private static func httpClient(
        _ configuration: KubernetesConfiguration, _ credentials: any CredentialSource
    ) throws(HTTPTransportError) -> any HTTPClient {
        let settings = configuration.clientSettings
        guard let plugin = credentials as? ExecCredential else { return try CurlMultiClient(settings) }
        return CertificateClient(tls: settings.tls, credential: plugin) { tls throws(HTTPTransportError) in
            var settings = settings
            settings.tls = tls
            return try CurlMultiClient(settings)
        }
    }
}
