import KubernetesClient
import PipelineCore

/// What the cache keeps of a pod of ours: a few hundred bytes of some ten thousand.
struct PodSnapshot: Sendable, Hashable {
    var launch: LaunchID
    var attempt: Int
    /// Whose pod it is.
    var task: TaskInstanceKey
    var finishAction: PodPlan.FinishAction
    var verdict: PodVerdict
    var isDeleting: Bool
    /// The API server knows of an end of the pod's own, not only of a container's.
    var isTerminal: Bool
    /// `nil` in pods without one.
    var sidecar: Sidecar?
    var node: String?
    var imageID: String?

    /// The container that keeps the result.
    enum Sidecar: Sendable, Hashable {
        case waiting(PodWait)
        case running
        case ended
    }

    /// `nil` for a pod that no installation of ours has made.
    /// - Parameter pool: where texts that many pods have in common are kept.
    init?(_ json: JSONValue, pool: TextPool) {
        let pod = PodView(json: json)
        let annotations = pod.annotations
        guard let tryID = annotations[PodNames.tryID].flatMap({ UUID7($0) }), let text = annotations[PodNames.plan],
            let plan = PodPlan(annotation: text)
        else { return nil }
        launch = LaunchID(tryID: tryID, number: annotations[PodNames.launch].flatMap { Int($0) } ?? 0)
        attempt = annotations[PodNames.attempt].flatMap { Int($0) } ?? 0
        task = Self.task(annotations, pool)
        finishAction = plan.finishAction
        verdict = PodVerdict(pod, base: plan.baseContainer)
        isDeleting = pod.deletionTimestamp != nil
        sidecar = plan.hasSidecar ? Self.sidecar(pod) : nil
        isTerminal = pod.isTerminal
        node = pod.nodeName.map(pool.shared)
        // Empty until the image is there.
        imageID = pod.containerStatus(plan.baseContainer)?.imageID.flatMap { $0.isEmpty ? nil : pool.shared($0) }
    }

    private static func task(_ annotations: [String: String], _ pool: TextPool) -> TaskInstanceKey {
        func text(_ name: String) -> String { pool.shared(annotations[name] ?? "") }
        return TaskInstanceKey(
            run: RunKey(dagID: text("dag_id"), runID: text("run_id")), taskID: text("task_id"),
            mapIndex: annotations["map_index"].flatMap { Int($0) } ?? -1)
    }

    private static func sidecar(_ pod: PodView) -> Sidecar {
        guard let status = pod.containerStatus(XComSidecar.containerName) else {
            return pod.isTerminal ? .ended : .waiting(unexplained)
        }
        switch status.state {
        case .running: return .running
        case .terminated: return .ended
        default: return pod.isTerminal ? .ended : .waiting(PodWait(status) ?? unexplained)
        }
    }

    private static let unexplained = PodWait(reason: "Pending", prospect: .hopeful)

    func belongs(to identity: PodIdentity) -> Bool { launch == identity.launch && attempt == identity.attempt }

    /// Whether the pod goes once its end is in the store: as its author wants, but never one that still runs.
    var isToBeDeleted: Bool {
        guard isTerminal else { return true }
        let isSuccess = if case .ended(let end) = verdict { end.cause == .exited(0) } else { false }
        return finishAction.deletes(success: isSuccess)
    }
}

extension PodPlan.FinishAction {
    /// Whether a pod that has ended by itself goes.
    package func deletes(success: Bool) -> Bool {
        switch self {
        case .delete: true
        case .deleteSucceeded: success
        case .keep, .deleteActive: false
        }
    }
}
