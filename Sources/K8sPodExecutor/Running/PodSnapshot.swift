import KubernetesClient
import PipelineCore

/// What the cache keeps of a pod of ours: a few hundred bytes of some ten thousand.
struct PodSnapshot: Sendable, Hashable {
    var tryID: String
    var launch: String
    var attempt: String
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

    /// Which launch the pod is of.
    var launchKey: String { Self.launchKey(tryID, launch) }

    static func launchKey(_ tryID: String, _ launch: String) -> String { "\(tryID)/\(launch)" }

    /// `nil` for a pod that no installation of ours has made.
    init?(_ json: JSONValue) {
        let pod = PodView(json: json)
        let annotations = pod.annotations
        guard let tryID = annotations[PodNames.tryID], let text = annotations[PodNames.plan],
            let plan = PodPlan(annotation: text)
        else { return nil }
        self.tryID = tryID
        launch = annotations[PodNames.launch] ?? ""
        attempt = annotations[PodNames.attempt] ?? ""
        verdict = PodVerdict(pod, base: plan.baseContainer)
        isDeleting = pod.deletionTimestamp != nil
        sidecar = plan.hasSidecar ? Self.sidecar(pod) : nil
        isTerminal = pod.isTerminal
        node = pod.nodeName
        // Empty until the image is there.
        imageID = pod.containerStatus(plan.baseContainer)?.imageID.flatMap { $0.isEmpty ? nil : $0 }
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

    func belongs(to identity: PodIdentity) -> Bool {
        tryID == identity.launch.tryID.description && launch == String(identity.launch.number)
            && attempt == String(identity.attempt)
    }
}
