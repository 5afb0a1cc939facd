import K8sPodExecutor
import PipelineCore

/// Hands out the devices of this machine, each to one pod at a time: podman itself gives every container what it asks for.
/// What pods hold stands in labels of their containers, so that other processes, and later ones, see it.
actor DeviceBook {
    private let podman: Podman
    private let specifications: CDISpecifications
    private let clock: any Clock<Duration>
    /// Devices of pods whose containers are not there yet, by pod.
    private var reserved: [String: [String]] = [:]
    /// Who waits, in order; the first one looks again whenever it is woken.
    private var waiting: [(id: Int, signal: Signal)] = []
    private var nextID = 0

    /// Devices that another process of ours has given back are seen after this time.
    private static let lookAgain: Duration = .seconds(5)

    init(podman: Podman, specifications: CDISpecifications, clock: any Clock<Duration>) {
        self.podman = podman
        self.specifications = specifications
        self.clock = clock
    }

    /// Full names of devices (`nvidia.com/gpu=0`) that are the pod's until ``release(_:)``. Waits until there are enough.
    /// - Parameter waits: told what it waits for, for people.
    /// - Throws: ``PodFailure`` `configuration` where there can never be enough, `CancellationError`
    func acquire(
        _ requests: [PodmanPod.DeviceRequest], for pod: String, waits: @Sendable (String) async -> Void
    ) async throws -> [String] {
        guard !requests.isEmpty else { return [] }
        nextID += 1
        let (id, signal) = (nextID, Signal())
        waiting.append((id, signal))
        defer {
            waiting.removeAll { $0.id == id }
            waiting.first?.signal.raise()
        }
        while true {
            try Task.checkCancellation()
            let shortage = try await take(requests, for: pod, isFirst: waiting.first?.id == id)
            if let names = reserved[pod] { return names }
            await waits(shortage)
            try await pause(signal)
        }
    }

    /// The pod has ended, or its containers tell of its devices themselves.
    func release(_ pod: String) {
        reserved[pod] = nil
        waiting.first?.signal.raise()
    }

    private func pause(_ signal: Signal) async throws {
        let timer = Task { [clock] in
            try await clock.sleep(for: Self.lookAgain, tolerance: nil)
            signal.raise()
        }
        await signal.wait()
        timer.cancel()
    }

    /// Reserves what is asked for, where it is there.
    /// - Returns: what is missing, for people.
    private func take(_ requests: [PodmanPod.DeviceRequest], for pod: String, isFirst: Bool) async throws -> String {
        let known = specifications.devices()
        for request in requests { try Self.check(request, known) }
        guard isFirst else { return "other pods wait for devices before this one" }
        let records = try await podman.containers(withLabel: PodmanLabels.devices).filter { !$0.hasEnded && !$0.wasInterrupted }
        var held = Set(reserved.values.joined())
        for record in records { held.formUnion(record.labels[PodmanLabels.devices]?.split(separator: ",").map(String.init) ?? []) }
        var names: [String] = []
        for request in requests {
            let free = (known[request.kind] ?? []).map { "\(request.kind)=\($0)" }.filter { !held.contains($0) }
            guard free.count >= request.count else {
                return "\(request.count) \(request.kind) wanted, \(free.count) free; held by "
                    + Self.holders(records, request.kind)
            }
            names += free.prefix(request.count)
        }
        reserved[pod] = names
        return ""
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
