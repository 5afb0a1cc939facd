import KubernetesClient
import PipelineCore
import Synchronization

/// Lets pods that ask for devices through when there is room for them, and says what the others wait for. Which pod is
/// next: one of the DAG that holds the fewest devices, then by priority, then by time. A pod that fits goes, whatever
/// else is queued.
final class CapacityGate: Sendable {
    private struct Waiting {
        let number: Int
        let holding: DeviceHolding
        let priority: Int
        let signal: Signal
        var answer: CapacityBook.Answer?
        var position = 0
    }

    private struct State {
        var nextNumber = 0
        var waiting: [String: Waiting] = [:]
        /// What some node has had since the start: it may have it again, after a driver or a device plugin was restarted.
        var possible: Set<[String: Int]> = []
        /// Let through, and perhaps not yet seen in the cluster.
        var admitted: [String: DeviceHolding] = [:]
    }

    private let nodes: ResourceCache<DeviceNode>
    private let pods: ResourceCache<DeviceHolding>
    private let table: AcceleratorTable
    private let state = Mutex(State())
    /// Raised by the first pod that asks for devices.
    private let isNeeded = Signal()

    /// A pod that has ended holds nothing.
    private static let unfinished = Selector(fields: "status.phase!=Succeeded,status.phase!=Failed")

    init(client: KubernetesAPI, table: AcceleratorTable) {
        self.table = table
        nodes = ResourceCache(client: client, resource: .nodes, settings: .init(namespace: nil)) { DeviceNode($0, table) }
        let settings = ResourceCache<DeviceHolding>.Settings(namespace: nil, selector: Self.unfinished)
        pods = ResourceCache(client: client, resource: .pods, settings: settings) {
            DeviceHolding(PodView(json: $0), table)
        }
    }

    /// Keeps up with the cluster until the task is cancelled, from the first pod on that asks for devices.
    func run() async {
        await isNeeded.wait()
        guard !Task.isCancelled else { return }
        await withTaskGroup { group in
            group.addTask { [nodes] in await nodes.run() }
            group.addTask { [pods] in await pods.run() }
            for changes in [nodes.changes(), pods.changes()] {
                group.addTask { [self] in for await _ in changes { decide() } }
            }
        }
    }

    /// Returns when the pod may be made. Pods without devices, and those that are there already, pass at once.
    /// - Throws: ``PodFailure`` `configuration` when no node could take it, nor has been able to since the start; `CancellationError`
    func enter(_ request: PodRequest, priority: Int, reporter: any PodReporter) async throws {
        guard let holding = DeviceHolding(request, table) else { return }
        isNeeded.raise()
        let signal = Signal()
        add(holding, priority, signal)
        defer { state.withLock { _ = $0.waiting.removeValue(forKey: holding.pod) } }
        decide()
        var hasWaited = false
        while true {
            try Task.checkCancellation()
            let (entry, isIn) = state.withLock { ($0.waiting[holding.pod], $0.admitted[holding.pod] != nil) }
            if isIn {
                if hasWaited { await reporter.waits(for: nil) }
                return
            }
            hasWaited = true
            try await tell(entry, reporter)
            await signal.wait()
        }
    }

    /// The pod has ended, or was never made.
    func leave(_ pod: PodReference) {
        let isKnown = state.withLock { $0.admitted.removeValue(forKey: "\(pod.namespace)/\(pod.name)") != nil }
        if isKnown { decide() }
    }

    private func add(_ holding: DeviceHolding, _ priority: Int, _ signal: Signal) {
        state.withLock { state in
            state.nextNumber += 1
            state.waiting[holding.pod] = Waiting(
                number: state.nextNumber, holding: holding, priority: priority, signal: signal)
        }
    }

    private func tell(_ entry: Waiting?, _ reporter: any PodReporter) async throws {
        guard let entry else { return }
        switch entry.answer {
        case .never(let reason)? where state.withLock({ $0.possible.contains(entry.holding.amounts) }):
            await reporter.waits(for: "\(reason); a node has had it before, and is waited for")
        case .never(let reason)?: throw PodFailure(.configuration, reason)
        case .full(let reason)?: await reporter.waits(for: "\(reason); position \(entry.position) in the queue")
        case .fits?: break
        case nil: await reporter.waits(for: "waits for the list of nodes and pods\(blindness)")
        }
    }

    /// Why a list does not come: a right that is missing is named, with the rule to add.
    private var blindness: String {
        guard let reason = Self.problem(nodes) ?? Self.problem(pods) else { return "" }
        return "; set gpu_admission: off, or mend this: \(reason)"
    }

    private static func problem<Value>(_ cache: ResourceCache<Value>) -> String? {
        if case .degraded(let reason) = cache.health { reason } else { nil }
    }

    /// Goes through the queue with the books as they are now.
    private func decide() {
        guard nodes.isSynced, pods.isSynced else {
            return state.withLock { $0.waiting.values.map(\.signal) }.forEach { $0.raise() }
        }
        let (nodes, seen) = (nodes.entries.map(\.value), pods.entries.map(\.value))
        let signals = state.withLock { state -> [Signal] in
            let unseen = state.admitted.filter { pod, _ in !seen.contains { $0.pod == pod } }
            for holding in seen where state.waiting[holding.pod] != nil { state.admitted[holding.pod] = holding }
            var book = CapacityBook(nodes: nodes, holdings: seen + unseen.values)
            return Self.admit(&state, &book, held: seen + unseen.values)
        }
        for signal in signals { signal.raise() }
    }

    private static func admit(_ state: inout State, _ book: inout CapacityBook, held: [DeviceHolding]) -> [Signal] {
        var devices: [String: Int] = [:]
        for holding in held { devices[holding.dagID ?? "", default: 0] += holding.amounts.values.reduce(0, +) }
        var signals: [Signal] = []
        var left = state.waiting.values.filter { state.admitted[$0.holding.pod] == nil }
        var position = 0
        while let index = left.indices.min(by: { order(left[$0], devices) < order(left[$1], devices) }) {
            var entry = left.remove(at: index)
            let answer = book.admit(entry.holding)
            if case .never = answer {} else { state.possible.insert(entry.holding.amounts) }
            if answer == .fits {
                state.admitted[entry.holding.pod] = entry.holding
                devices[entry.holding.dagID ?? "", default: 0] += entry.holding.amounts.values.reduce(0, +)
            } else {
                position += 1
            }
            if entry.answer != answer || entry.position != position { signals.append(entry.signal) }
            (entry.answer, entry.position) = (answer, position)
            state.waiting[entry.holding.pod] = entry
        }
        return signals + state.waiting.values.filter { state.admitted[$0.holding.pod] != nil }.map(\.signal)
    }

    private static func order(_ entry: Waiting, _ devices: [String: Int]) -> (Int, Int, Int) {
        (devices[entry.holding.dagID ?? ""] ?? 0, -entry.priority, entry.number)
    }
}
