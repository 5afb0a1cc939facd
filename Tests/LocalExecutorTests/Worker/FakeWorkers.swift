import PipelineCore
import Synchronization

/// A cluster that does what it is told: for tests of what stands in front of it.
final class FakeWorkers: WorkerLauncher, PodLauncher {
    typealias Course = @Sendable (any PodReporter) async throws -> WorkerEnd

    private let state = Mutex<[TaskLaunch]>([])
    private let course: Course
    private let pod: PodResult?

    init(pod: PodResult? = nil, _ course: @escaping Course = { _ in .outcome(.success()) }) {
        self.course = course
        self.pod = pod
    }

    /// What ran in a worker's pod.
    var launches: [TaskLaunch] { state.withLock { $0 } }

    func runWorker(_ launch: TaskLaunch, reporter: any PodReporter) async throws -> WorkerEnd {
        state.withLock { $0.append(launch) }
        return try await course(reporter)
    }

    func run(
        _ launch: TaskLaunch, attributes: JSONObject, reporter: any PodReporter
    ) async throws -> PodResult {
        guard let pod else { throw PodFailure(.configuration, "no pod is expected") }
        await reporter.started(host: pod.node ?? "", image: pod.imageID)
        return pod
    }

    func endIsDurable(_ launch: LaunchID) {}
}
