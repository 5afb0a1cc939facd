import HTTPTransport
import KubernetesClient
import PipelineCore

/// What all pod runs of an executor share.
final class PodCluster: Sendable {
    let client: KubernetesAPI
    let connector: any ByteStreamConnector
    let settings: KubernetesSettings
    let board: PodBoard
    let owners: RunOwners
    let janitor: PodJanitor
    /// Pods that are made at the same time. Each holds its JSON twice meanwhile, as a tree and as text.
    let creations = FIFOSemaphore(permits: 32)
    /// Launches that begin at the same time. Those that wait for something else than their turn do not count.
    let starts = StartQueue(places: 64)
    let logs: LogDesk
    let clock: any Clock<Duration>
    let alarms: Alarms
    /// `nil`: pods are made whether or not there is room.
    let gate: CapacityGate?

    init(
        client: KubernetesAPI, connector: any ByteStreamConnector, settings: KubernetesSettings,
        clock: any Clock<Duration>, warn: @escaping @Sendable (String) -> Void
    ) {
        self.client = client
        self.connector = connector
        self.settings = settings
        self.clock = clock
        alarms = Alarms(clock: clock)
        logs = LogDesk(limits: LogDesk.Limits(followed: settings.followedLogs), clock: clock)
        gate = settings.admitsByCapacity ? CapacityGate(client: client, table: settings.accelerators) : nil
        let texts = TextPool()
        let selector = Selector(labels: PodNames.selector(installation: settings.installation))
        let cacheSettings = ResourceCache<PodSnapshot>.Settings(namespace: settings.watchedNamespace, selector: selector)
        board = PodBoard(
            cache: ResourceCache(client: client, resource: .pods, settings: cacheSettings) { [texts] in PodSnapshot($0, pool: texts) })
        owners = RunOwners(client: client, installation: settings.installation)
        janitor = PodJanitor(
            client: client, connector: connector, board: board, clock: clock, delay: settings.finishedPodDelay, warn: warn)
    }

    /// The newest warning among the Events of a pod: that a volume cannot be mounted is said there only.
    func warnings(_ pod: String, namespace: String) async -> String? {
        let selector = Selector(fields: "involvedObject.name=\(pod),type=Warning")
        guard let events = try? await client.list(.events, namespace: namespace, selector: selector, retry: .none) else {
            return nil
        }
        let newest = events.map { EventView(json: $0) }.max { Self.lastSeen($0) < Self.lastSeen($1) }
        return newest.map { "\($0.reason): \($0.message)" }
    }

    private static func lastSeen(_ event: EventView) -> Int64 { event.lastSeen?.microseconds ?? 0 }
}
