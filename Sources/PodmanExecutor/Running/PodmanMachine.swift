import KubernetesClient
import PipelineCore

/// What all runs of an executor share: this machine, as podman knows it.
final class PodmanMachine: Sendable {
    let podman: Podman
    let devices: DeviceBook
    let janitor: PodmanJanitor
    let clock: any Clock<Duration>
    let wallClock: any WallClock
    /// The machine's name.
    let host: String

    init(
        podman: Podman, specifications: CDISpecifications, deviceLock: any DeviceLock, host: String,
        finishedPodDelay: Duration, clock: any Clock<Duration>, wallClock: any WallClock,
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.podman = podman
        self.host = host
        self.clock = clock
        self.wallClock = wallClock
        devices = DeviceBook(podman: podman, specifications: specifications, lock: deviceLock, clock: clock)
        janitor = PodmanJanitor(podman: podman, clock: clock, delay: finishedPodDelay, warn: warn)
    }

    /// While podman does not answer, this waits: what runs is not lost.
    static let retryDelay: Duration = .seconds(1)
    private static let longestDelay: Duration = .seconds(30)
    /// A program that is being replaced is not there for a moment.
    private static let missingTime: Duration = .seconds(60)

    /// Containers that have all of the labels. Waits while podman does not answer.
    /// - Parameter areThere: some were: podman will come back, and they have a result.
    /// - Throws: ``PodmanError`` where there is no podman, `CancellationError`
    func containers(
        labels: [(name: String, value: String)], areThere: Bool = false, waits: @Sendable (String) async -> Void
    ) async throws -> [ContainerRecord] {
        try await patiently(areThere: areThere, waits) { [podman] in try await podman.containers(labels: labels) }
    }

    /// Does something until podman does it.
    /// - Parameters:
    ///   - areThere: containers that it is about were there: a podman that is missing is waited for, however long.
    ///   - waits: told why it does not, for people.
    /// - Throws: ``PodmanError`` where there is no podman, or for an answer that stays as it is; `CancellationError`
    func patiently<Value: Sendable>(
        areThere: Bool = false, _ waits: @Sendable (String) async -> Void, _ work: @Sendable () async throws -> Value
    ) async throws -> Value {
        let watch = Stopwatch(clock)
        var delay = Self.retryDelay
        while true {
            try Task.checkCancellation()
            do {
                return try await work()
            } catch let error as PodmanError where !error.isFinal && (areThere || !error.isMissing || watch.elapsed < Self.missingTime) {
                await waits("podman does not answer: \(error)")
                try await clock.sleep(for: delay, tolerance: nil)
                delay = min(delay * 2, Self.longestDelay)
            }
        }
    }
}
