import DAGParsing
import HTTPTransport
import K8sPodExecutor
import KubernetesClient
import PipelineCore

/// The cluster that the settings name, and how pods are made for it.
struct ClusterConnection: Sendable {
    let api: KubernetesAPI
    let connector: any ByteStreamConnector
    let settings: KubernetesSettings

    /// - Throws: ``UsageError`` that names file, field and the mend.
    init(_ configuration: Configuration) throws {
        let place = try Self.place(configuration)
        settings = try Self.settings(configuration, defaultNamespace: place.namespace)
        connector = KubernetesAPI.connector(
            to: place, environment: ProcessEnvironment.all, clock: ContinuousClock(), wallClock: SystemWallClock())
        do {
            api = try KubernetesAPI.connect(
                to: place, environment: ProcessEnvironment.all, clock: ContinuousClock(), wallClock: SystemWallClock(),
                limits: Self.limits, observer: ClusterWarnings(), seed: UInt64.random(in: .min ... .max))
        } catch {
            throw UsageError("\(place.origin): \(error)")
        }
    }

    /// More than a scheduler's usual pace; the server says 429 where it wants less, and is heard.
    private static let limits = RequestLimiter.Limits(queriesPerSecond: 200, burst: 400, parallel: 32)

    private static func place(_ configuration: Configuration) throws -> KubernetesConfiguration {
        func given(_ setting: Setting) -> String? { configuration[setting].isEmpty ? nil : configuration[setting] }
        do {
            return try KubernetesConfiguration.discover(
                file: given(.kubeconfig), context: given(.kubeContext), environment: ProcessEnvironment.all)
        } catch {
            throw UsageError("\(error)")
        }
    }

    static func settings(_ configuration: Configuration, defaultNamespace: String) throws -> KubernetesSettings {
        let namespace = configuration[.namespace].isEmpty ? defaultNamespace : configuration[.namespace]
        var settings = KubernetesSettings(namespace: namespace, installation: installation(configuration))
        settings.template = try PodTemplateFile.pod(configuration[.podTemplateFile])
        if !configuration[.acceleratorsFile].isEmpty {
            settings.accelerators = try AcceleratorsFile.table(configuration[.acceleratorsFile])
        }
        settings.admitsByCapacity = configuration[.gpuAdmission] == "capacity"
        settings.isRestricted = configuration[.podSecurity] == "restricted"
        settings.sharedMemory = configuration[.sharedMemory].isEmpty ? nil : configuration[.sharedMemory]
        settings.followedLogs = configuration.number(.followedLogs)
        settings.finishedPodDelay = .seconds(configuration.number(.finishedPodSeconds))
        settings.workers = try WorkerOptions(configuration).settings()
        settings.sidecar = try SidecarOptions(configuration).sidecar()
        return settings
    }

    /// The same for all who share a database; an embedded one is this machine's.
    private static func installation(_ configuration: Configuration) -> String {
        if !configuration[.installation].isEmpty { return configuration[.installation] }
        let url = Redaction.url(configuration[.databaseURL])
        let isShared = url.hasPrefix("postgres")
        let place = isShared ? url : "\(url)@\((try? Files.readText("/etc/machine-id")) ?? "")"
        return String(ContentHash.sha256(place.utf8).prefix(10))
    }
}

/// What the server warns of goes to standard error, each warning once.
private struct ClusterWarnings: KubernetesAPI.Observer {
    func warned(_ text: String, by request: KubernetesRequest) {
        Terminal.note("[WARN] Kubernetes: \(text)")
    }

    func retries(_ request: KubernetesRequest, after error: KubernetesError, in delay: Duration) {}
}
