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
        podman: Podman, specifications: CDISpecifications, host: String, finishedPodDelay: Duration,
        clock: any Clock<Duration>, wallClock: any WallClock
    ) {
        self.podman = podman
        self.host = host
        self.clock = clock
        self.wallClock = wallClock
        devices = DeviceBook(podman: podman, specifications: specifications, clock: clock)
        janitor = PodmanJanitor(podman: podman, clock: clock, delay: finishedPodDelay)
    }

    /// While podman does not answer, this waits: what runs is not lost.
    static let retryDelay: Duration = .seconds(1)

    /// Containers that have all of the labels. Waits while podman does not answer.
    /// - Throws: ``PodmanError`` where there is no podman, `CancellationError`
    func containers(
        labels: [(name: String, value: String)], waits: @Sendable (String) async -> Void
    ) async throws -> [ContainerRecord] {
        while true {
            try Task.checkCancellation()
            do {
                return try await podman.containers(labels: labels)
            } catch let error as PodmanError where !error.isMissing {
                await waits("podman does not answer: \(error)")
                try await clock.sleep(for: Self.retryDelay, tolerance: nil)
            }
        }
    }
}
