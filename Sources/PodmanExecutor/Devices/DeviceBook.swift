import K8sPodExecutor
import PipelineCore

/// Hands out the devices of this machine, each to one pod at a time: podman itself gives every container what it asks for.
/// What pods hold stands in labels of their containers, so that other processes, and later ones, see it.
actor DeviceBook {
    private let podman: Podman
    private let specifications: CDISpecifications
    private let lock: any DeviceLock
    private let clock: any Clock<Duration>
    /// Who waits, in order; the first one looks again whenever it is woken.
    private var waiting: [(id: Int, signal: Signal)] = []
    private var nextID = 0

    /// Devices that another process of ours has given back are seen after this time.
    private static let lookAgain: Duration = .seconds(5)
    /// The same while another process hands some out, which takes a moment.
    private static let lookAgainSoon: Duration = .milliseconds(200)

    init(podman: Podman, specifications: CDISpecifications, lock: any DeviceLock, clock: any Clock<Duration>) {
        self.podman = podman
        self.specifications = specifications
        self.lock = lock
        self.clock = clock
    }

    /// Waits until there are enough devices, and hands them out. No other pod gets them, of this process or another one.
    /// - Parameters:
    ///   - waits: told what it waits for, for people.
    ///   - hold: gets full names of devices (`nvidia.com/gpu=0`), and makes the container whose labels tell of them.
    /// - Throws: ``PodFailure`` `configuration` where there can never be enough, `CancellationError`, errors of `hold`
    func acquire(
        _ requests: [PodmanPod.DeviceRequest], waits: @Sendable (String) async -> Void,
        hold: @Sendable ([String]) async throws -> Void
    ) async throws {
        nextID += 1
        let (id, signal) = (nextID, Signal())
        waiting.append((id, signal))
        defer {
            waiting.removeAll { $0.id == id }
            wake()
        }
        while true {
            try Task.checkCancellation()
            for request in requests { try Self.check(request, specifications.devices()) }
            guard waiting.first?.id == id else {
                await waits("other pods wait for devices before this one")
                try await pause(signal, Self.lookAgain)
                continue
            }
            guard let holding = try lock.acquire() else {
                try await pause(signal, Self.lookAgainSoon)
                continue
            }
            let free = try await known(requests)
            if case .names(let names) = free { try await hold(names) }
            withExtendedLifetime(holding) {}
            guard case .shortage(let shortage) = free else { return }
            await waits(shortage)
            try await pause(signal, Self.lookAgain)
        }
    }

    /// A pod has ended: what it held may be free.
    func wake() { waiting.first?.signal.raise() }

    private func pause(_ signal: Signal, _ time: Duration) async throws {
        let timer = Task { [clock] in
            try await clock.sleep(for: time, tolerance: nil)
            signal.raise()
        }
        await signal.wait()
        timer.cancel()
    }

    private enum Free {
        case names([String])
        /// What is missing, for people.
        case shortage(String)
    }

    private func known(_ requests: [PodmanPod.DeviceRequest]) async throws -> Free {
        do {
            return try await free(requests)
        } catch let error as PodmanError where !error.isMissing {
            return .shortage("podman does not answer: \(error)")
        }
    }

    private func free(_ requests: [PodmanPod.DeviceRequest]) async throws -> Free {
        let known = specifications.devices()
        let records = try await podman.containers(withLabel: PodmanLabels.devices).filter { !$0.hasEnded && !$0.wasInterrupted }
        var held: Set<String> = []
        for record in records { held.formUnion(record.labels[PodmanLabels.devices]?.split(separator: ",").map(String.init) ?? []) }
        var names: [String] = []
        for request in requests {
            let free = (known[request.kind] ?? []).map { "\(request.kind)=\($0)" }.filter { !held.contains($0) }
            guard free.count >= request.count else {
                return .shortage(
                    "\(request.count) \(request.kind) wanted, \(free.count) free; held by "
                        + Self.holders(records, request.kind))
            }
            names += free.prefix(request.count)
        }
        return .names(names)
    }

    private static func holders(_ records: [ContainerRecord], _ kind: String) -> String {
        let names = records.filter { $0.labels[PodmanLabels.devices]?.contains("\(kind)=") == true }.map(\.name)
        return names.isEmpty ? "pods that are about to start" : names.sorted().joined(separator: ", ")
    }

    private static func check(_ request: PodmanPod.DeviceRequest, _ known: [String: [String]]) throws {
        guard let devices = known[request.kind], !devices.isEmpty else {
            throw PodFailure(
                .configuration,
                "the pod asks for \(request.kind), and no such device of this machine is described for containers: install "
                    + "nvidia-container-toolkit and run nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml (for AMD: "
                    + "amd-ctk cdi generate)")
        }
        guard devices.count >= request.count else {
            throw PodFailure(
                .configuration,
                "the pod asks for \(request.count) \(request.kind), and this machine has \(devices.count)")
        }
    }
}
