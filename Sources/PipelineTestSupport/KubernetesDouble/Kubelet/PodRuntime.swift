import PipelineCore

/// A pod as scheduler and kubelet know it; it may outlive its object.
struct PodRuntime {
    let uid: String
    let key: ObjectKey
    var script: PodScript
    let requests: ResourceAmounts
    let selector: [String: String]
    let claims: [String]
    let tolerations: [JSONValue]
    let priority: Int
    let deadline: Duration?
    var node: String?
    var cursor = 0
    /// Steps that were scheduled before the last change of plan have another number.
    var generation = 0
    var phase = PodScript.Phase.pending
    var reason: (reason: String, message: String)?
    var startTime: Timestamp?
    var isAccepted = false
    var isTerminating = false
    /// The node was away when there was something to report.
    var hasNews = false
    var containers: [ContainerRuntime] = []
    var followers: Set<Int> = []
    var unschedulableText: String?

    init(_ pod: JSONValue, key: ObjectKey, script: PodScript) {
        uid = pod.uid
        self.key = key
        self.script = script
        requests = ResourceAmounts.requested(by: pod)
        selector = pod.strings("spec", "nodeSelector")
        claims = (pod.at("spec", "volumes")?.arrayValue ?? []).compactMap {
            $0.at("persistentVolumeClaim", "claimName")?.stringValue
        }
        tolerations = pod.at("spec", "tolerations")?.arrayValue ?? []
        priority = pod.at("spec", "priority")?.intValue ?? 0
        deadline = pod.at("spec", "activeDeadlineSeconds")?.intValue.map { .seconds($0) }
        let initial = pod.at("spec", "initContainers")?.arrayValue ?? []
        let reason = initial.isEmpty ? "ContainerCreating" : "PodInitializing"
        containers =
            initial.map {
                ContainerRuntime($0, role: $0["restartPolicy"] == "Always" ? .sidecar : .initial, waitingFor: reason)
            }
            + (pod.at("spec", "containers")?.arrayValue ?? []).map {
                ContainerRuntime($0, role: .ordinary, waitingFor: reason)
            }
    }

    var isRunning: Bool { containers.contains { $0.state.isRunning } }
    var isFinished: Bool { phase == .succeeded || phase == .failed }

    private var position: Int? { script.steps.indices.contains(cursor) ? cursor : script.repeatsFrom }

    /// Whether the next step is one that only a kubelet that is there can take.
    var needsKubelet: Bool {
        guard let position else { return false }
        switch script.steps[position] {
        case .accept, .start, .restart, .fail: return true
        default: return false
        }
    }

    /// Moves on in the script; `nil` at its end.
    mutating func nextStep() -> PodScript.Step? {
        guard let position else { return nil }
        cursor = position + 1
        return script.steps[position]
    }

    /// The positions of a named container, or of all ordinary ones.
    func positions(_ name: String?) -> [Int] {
        containers.indices.filter { name == nil ? containers[$0].role == .ordinary : containers[$0].name == name }
    }

    mutating func start(_ name: String?, at time: Timestamp) {
        if name == nil {
            for index in containers.indices where !containers[index].state.isTerminated {
                switch containers[index].role {
                case .initial:
                    containers[index].state = .terminated(PodScript.Exit(0), started: time, finished: time)
                case .sidecar: containers[index].state = .running(since: time)
                case .ordinary: break
                }
            }
        }
        for index in positions(name) { containers[index].state = .running(since: time) }
    }

    /// Ends those of the containers that run or wait.
    mutating func exit(_ exit: PodScript.Exit, _ positions: [Int], at time: Timestamp) {
        for index in positions where !containers[index].state.isTerminated {
            var started = time
            if case .running(let since) = containers[index].state { started = since }
            var exit = exit
            exit.message = containers[index].message(of: exit)
            exit.reason = exit.reason ?? (exit.code == 0 ? "Completed" : "Error")
            containers[index].state = .terminated(exit, started: started, finished: time)
        }
    }

    mutating func killRunning(code: Int = 137, at time: Timestamp) {
        exit(PodScript.Exit(code), containers.indices.filter { containers[$0].state.isRunning }, at: time)
    }

    mutating func restart(_ name: String?) {
        for index in positions(name) {
            containers[index].lastState = containers[index].state
            containers[index].restartCount += 1
            containers[index].state = .waiting(reason: "CrashLoopBackOff", message: "")
        }
    }
}
