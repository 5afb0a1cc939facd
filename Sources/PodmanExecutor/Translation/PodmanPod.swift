import PipelineCore

/// A pod in podman's words: its containers in the order in which they are made.
struct PodmanPod: Sendable, Hashable {
    /// What a container is in its pod.
    enum Role: String, Sendable, Hashable {
        /// Runs to its end before the next one starts.
        case initial = "init"
        /// The one that the result comes from.
        case base
        /// Runs beside the base container, and ends with it.
        case side
    }

    struct Container: Sendable, Hashable {
        /// The one that its author gave it.
        var name: String
        /// The one that it has in podman: that of the pod and its own.
        var fullName: String
        var role: Role
        var image: String
        var pullPolicy: PullPolicy
        /// Of `podman create`, in the order in which they must stand: options, image, command.
        var options: [String]
        var command: [String]
        /// Values of the variables that the options name only, so that they stand in no command line.
        var environment: [String: String]
        /// The image's own user must not be root.
        var refusesRoot: Bool
    }

    enum PullPolicy: String, Sendable, Hashable {
        case always = "Always"
        case ifNotPresent = "IfNotPresent"
        case never = "Never"
    }

    /// A number of devices of one kind that the base container asks for.
    struct DeviceRequest: Sendable, Hashable {
        /// `nvidia.com/gpu`: the resource, and the kind in CDI.
        var kind: String
        var count: Int
    }

    /// Source: Kubernetes, `terminationGracePeriodSeconds`.
    static let usualGraceSeconds = 30

    var name: String
    var run: RunKey
    var containers: [Container] = []
    /// Named volumes that go with the pod.
    var volumes: [String] = []
    /// Folders of this machine that are made where they are missing.
    var folders: [String] = []
    var devices: [DeviceRequest] = []
    var graceSeconds = usualGraceSeconds
    /// Seconds that the base container may run; `nil`: any.
    var activeSeconds: Int?
    /// What of the pod has no meaning here, by field.
    var ignored: [String] = []

    var base: Container? { containers.first { $0.role == .base } }
}
