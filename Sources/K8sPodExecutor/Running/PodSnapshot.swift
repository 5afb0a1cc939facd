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
    var node: String?
    var imageID: String?

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
        isTerminal = pod.isTerminal
        node = pod.nodeName
        imageID = pod.containerStatus(plan.baseContainer)?.imageID
    }

    func belongs(to identity: PodIdentity) -> Bool {
        tryID == identity.launch.tryID.description && launch == String(identity.launch.number)
            && attempt == String(identity.attempt)
    }
}
