import K8sPodExecutor
import PipelineCore
import Synchronization

/// Brings the containers of a pod up, each once: one that is there already is gone on with.
struct PodmanStart: Sendable {
    private let run: PodmanRun
    private let known: [ContainerRecord]

    private var pod: PodmanPod { run.pod }
    private var machine: PodmanMachine { run.machine }
    private var podman: Podman { run.machine.podman }

    /// - Parameter known: the containers of the pod that were there.
    init(_ run: PodmanRun, known: [ContainerRecord]) {
        self.run = run
        self.known = known
    }

    /// Returns the base container, which runs or has ended.
    /// - Throws: ``PodFailure``, ``PodmanError``, `CancellationError`
    func untilBaseRuns() async throws -> ContainerRecord {
        guard let base = pod.base else { throw PodFailure(.configuration, "pod \(pod.name) has no base container") }
        let record = known.first { $0.name == base.fullName }
        if let record, record.hasEnded, !record.neverRan { return record }
        let hasDevices = record == nil && !pod.devices.isEmpty
        if hasDevices { try await createWithDevices(base) }
        let hasBegun = record.map { !$0.neverRan } ?? false
        try await withinStartTime { try await start(hasDevices ? [base.fullName] : [], hasBegun: hasBegun) }
        guard let started = try await run.record(base) else { throw run.vanished }
        return started
    }

    /// The container tells of its devices, so it is made before anything else of the pod. Its image comes first: meanwhile
    /// nothing is held.
    private func createWithDevices(_ base: PodmanPod.Container) async throws {
        try await withinStartTime { try await provideImage(base) }
        try await machine.devices.acquire(pod.devices) { [run] in
            await run.publish($0)
        } hold: { names in
            try await createOnce(base, names)
        }
    }

    /// - Parameter made: containers that are there since a moment ago.
    private func start(_ made: Set<String>, hasBegun: Bool) async throws {
        for folder in pod.folders { try await podman.makeFolder(folder) }
        for container in pod.containers {
            switch container.role {
            case .initial:
                if !hasBegun { try await runInitial(container) }
            case .base, .side: try await ensureStarted(container, isMade: made.contains(container.fullName))
            }
        }
    }

    private func runInitial(_ container: PodmanPod.Container) async throws {
        try await ensureStarted(container)
        await run.publish("init container \(container.name) runs")
        let record = try await run.ended(container)
        guard record.exitCode != 0 else { return }
        // Its container goes with the failed pod: what it said is worth keeping.
        let log = PodmanLog(
            record, container: container.name, written: nil, podman: podman, reporter: run.reporter, clock: machine.clock)
        _ = await log.complete()
        let reason = record.isOutOfMemory ? " (\(PodExecutor.outOfMemory))" : ""
        throw PodFailure(
            .configuration, "pod \(pod.name): init container \(container.name) ended with exit code \(record.exitCode)\(reason)")
    }

    private func ensureStarted(_ container: PodmanPod.Container, isMade: Bool = false) async throws {
        if !isMade, !known.contains(where: { $0.name == container.fullName }) {
            try await provideImage(container)
            try await createOnce(container, [])
        }
        guard let record = try await run.record(container) else { throw run.vanished }
        guard record.neverRan else { return }
        try Self.checkUser(container, record)
        // Nothing that changes a container is broken off in the middle.
        try await shielded { [podman] in try await podman.start(container.fullName) }
    }

    /// Another process of ours may have made it a moment before.
    private func createOnce(_ container: PodmanPod.Container, _ devices: [String]) async throws {
        do {
            try await create(container, devices)
        } catch let error as PodmanError where !error.isMissing {
            guard try await run.record(container) == nil else { return }
            guard try await !podman.hasContainer(container.fullName) else {
                throw PodFailure(
                    .configuration, "the container \(container.fullName) exists and is not of this launch; remove it")
            }
            throw error
        }
    }

    private func create(_ container: PodmanPod.Container, _ devices: [String]) async throws {
        var options = container.options + devices.flatMap { ["--device", $0] }
        if !devices.isEmpty { options += ["--label", "\(PodmanLabels.devices)=\(devices.joined(separator: ","))"] }
        if !pod.volumes.isEmpty { options += ["--label", "\(PodmanLabels.volumes)=\(pod.volumes.joined(separator: ","))"] }
        let arguments = options + [container.image] + container.command
        let warnings = try await shielded { [podman] in
            try await podman.create(arguments, environment: container.environment)
        }
        for line in warnings.split(separator: "\n") { run.reporter.say("podman: \(line)", isProblem: true) }
    }

    private func provideImage(_ container: PodmanPod.Container) async throws {
        let isThere = try await podman.hasImage(container.image)
        switch container.pullPolicy {
        case .ifNotPresent where isThere, .never where isThere: return
        case .never:
            throw PodFailure(
                .configuration, "the image \(container.image) is not on this machine, and imagePullPolicy is Never")
        case .always, .ifNotPresent: break
        }
        await run.publish("pulling image \(container.image)")
        do {
            try await podman.pull(container.image)
        } catch let error as PodmanError where !error.isMissing {
            throw PodmanFailures.image(container.image, error)
        }
    }

    private static func checkUser(_ container: PodmanPod.Container, _ record: ContainerRecord) throws {
        guard container.refusesRoot else { return }
        let user = record.user.prefix { $0 != ":" }
        guard user.isEmpty || user == "0" || user == "root" else { return }
        throw PodFailure(
            .configuration, "container \(container.name) has runAsNonRoot, and its image runs as root; set runAsUser")
    }

    private func shielded<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let value = try await Task { try await body() }.value
        try Task.checkCancellation()
        return value
    }

    // MARK: - Time

    /// - Throws: ``PodFailure`` `timeout` where it takes longer than the author allows.
    private func withinStartTime(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let isOver = Mutex(false)
        let task = Task { try await body() }
        let timer = Task { [clock = machine.clock, seconds = run.request.plan.startSeconds] in
            try await clock.sleep(for: .seconds(seconds), tolerance: nil)
            isOver.withLock { $0 = true }
            task.cancel()
        }
        defer { timer.cancel() }
        do {
            try await withTaskCancellationHandler { try await task.value } onCancel: { task.cancel() }
        } catch {
            guard isOver.withLock({ $0 }), !Task.isCancelled else { throw error }
            let reason = run.state.withLock { $0.reason }.map { ": \($0)" } ?? ""
            throw PodFailure(
                .timeout,
                "pod \(pod.name) has not started within \(Int(run.request.plan.startSeconds)) seconds\(reason)")
        }
    }
}
