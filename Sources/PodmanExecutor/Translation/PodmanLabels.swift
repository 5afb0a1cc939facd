import K8sPodExecutor
import PipelineCore

/// Labels of containers beside those of the pod.
enum PodmanLabels {
    static let run = PodNames.run
    static let pod = PodNames.prefix + "pod"
    static let role = PodNames.prefix + "role"
    /// The devices that the container has: `nvidia.com/gpu=0,nvidia.com/gpu=1`.
    static let devices = PodNames.prefix + "devices"
    /// Named volumes that go with the pod, with commas between.
    static let volumes = PodNames.prefix + "volumes"

    /// Ids hold no slash.
    static func runValue(_ run: RunKey) -> String { "\(run.dagID)/\(run.runID)" }

    /// Selects the containers of a launch, of all its attempts.
    static func launch(_ identity: PodIdentity) -> [(name: String, value: String)] {
        [(PodNames.tryID, identity.launch.tryID.description), (PodNames.launch, String(identity.launch.number))]
    }
}
