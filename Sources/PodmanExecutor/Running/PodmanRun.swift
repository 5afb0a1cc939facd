import K8sPodExecutor
import KubernetesClient
import PipelineCore
import Synchronization

/// One launch as containers of podman, from their creation or adoption to the result. It acts on what podman shows; after a
/// restart the same code goes on where the containers are.
final class PodmanRun: Sendable {
    let request: PodRequest
    let pod: PodmanPod
    let machine: PodmanMachine
    let reporter: any PodReporter
    let state = Mutex(State())

    struct State {
        /// What was told last of the wait.
        var reason: String?
        /// An earlier process, or what came before this run, may have told of a wait.
        var hasTold = false
        var log: PodmanLog?
        /// `activeDeadlineSeconds` was over.
        var isOverdue = false
        /// The base container has ended: whether well, and whether its log is all there.
        var ending: (isSuccess: Bool, isLogWhole: Bool)?
    }

    init(_ request: PodRequest, _ pod: PodmanPod, machine: PodmanMachine, reporter: any PodReporter) {
        self.request = request
        self.pod = pod
        self.machine = machine
        self.reporter = reporter
    }

    /// - Throws: ``PodFailure``, `CancellationError`
    func run() async throws -> PodResult {
        do {
            let result = try await untilResult()
            await machine.devices.wake()
            return result
        } catch let error where Task.isCancelled || error is CancellationError {
            await endPod()
            throw CancellationError()
        } catch {
            await cleanUp()
            throw failure(error)
        }
    }

    private func failure(_ error: any Error) -> PodFailure {
        switch error {
        case let failure as PodFailure: failure
        case let error as PodmanError: PodmanFailures.failure(error, pod: pod.name)
        default: PodFailure(.infrastructure, "pod \(pod.name): \(error)")
        }
    }

    private func untilResult() async throws -> PodResult {
        let known = try await records()
        guard !known.isEmpty || !wasThere else { throw vanished }
        tell(isAdopted: !known.isEmpty)
        await readInterrupted(known)
        try refuseInterrupted(known)
        let base = try await PodmanStart(self, known: known).untilBaseRuns()
        await reporter.started(host: machine.host, image: base.imageID)
        await publish(nil)
        let log = PodmanLog(
            base, container: request.plan.baseContainer, written: known.isEmpty ? nil : reporter.written(),
            podman: machine.podman, reporter: reporter, clock: machine.clock)
        state.withLock { $0.log = log }
        log.begin()
        return try await end(of: try await untilEnd(base), log)
    }

    /// Lines of the first launch of a try can only be of the pod that is looked for.
    private var wasThere: Bool {
        request.identity.launch.number == 1 && request.identity.attempt == 1 && reporter.written() != nil
    }

    var vanished: PodFailure {
        PodFailure(.infrastructure, "pod \(pod.name) has vanished: its containers were removed from outside")
    }

    private func tell(isAdopted: Bool) {
        if isAdopted { return reporter.say("Going on with pod \(pod.name) of podman", isProblem: false) }
        reporter.say("Creating pod \(pod.name) with podman", isProblem: false)
        guard !pod.ignored.isEmpty else { return }
        reporter.say("Of no use to podman, and passed over: \(pod.ignored.joined(separator: ", "))", isProblem: false)
    }

    /// What the base container said before the machine went down is on the disk.
    private func readInterrupted(_ records: [ContainerRecord]) async {
        guard let name = pod.base?.fullName, let base = records.first(where: { $0.name == name && $0.wasInterrupted })
        else { return }
        let log = PodmanLog(
            base, container: request.plan.baseContainer, written: reporter.written(), podman: machine.podman,
            reporter: reporter, clock: machine.clock)
        _ = await log.complete()
    }

    func refuseInterrupted(_ records: [ContainerRecord]) throws {
        guard let record = records.first(where: \.wasInterrupted) else { return }
        throw PodFailure(
            .infrastructure, "container \(record.name) was interrupted: the machine was restarted, or its monitor was ended")
    }

    // MARK: - Looking

    /// The containers of the pod that are there. Waits while podman does not answer.
    /// - Parameter areThere: some were a moment ago.
    func records(areThere: Bool = false) async throws -> [ContainerRecord] {
        let labels = PodmanLabels.launch(request.identity) + [(name: PodmanLabels.pod, value: pod.name)]
        return try await machine.containers(labels: labels, areThere: areThere) { await publish($0) }
    }

    func record(_ container: PodmanPod.Container) async throws -> ContainerRecord? {
        try await records(areThere: true).first { $0.name == container.fullName }
    }

    /// Returns when the container has ended.
    /// - Throws: ``PodFailure`` where it is gone
    func ended(_ container: PodmanPod.Container) async throws -> ContainerRecord {
        while true {
            try? await machine.podman.wait(container.fullName)
            guard let record = try await record(container) else { throw vanished }
            try refuseInterrupted([record])
            if record.hasEnded { return record }
            try await machine.clock.sleep(for: PodmanMachine.retryDelay, tolerance: nil)
        }
    }

    func publish(_ reason: String?) async {
        let isNews = state.withLock { state in
            defer { (state.reason, state.hasTold) = (reason, true) }
            return state.reason != reason || !state.hasTold
        }
        if isNews { await reporter.waits(for: reason) }
    }
}
