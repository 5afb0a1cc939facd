import PipelineCore

/// What a command that came to nothing means for a pod.
enum PodmanFailures {
    static let missing = "podman cannot be started: install podman 4 or later (apt-get install podman), or put it on PATH"

    /// podman says nothing that could be told apart but its texts: what it refuses, it refuses for good.
    static func failure(_ error: PodmanError, pod: String) -> PodFailure {
        if error.isMissing { return PodFailure(.configuration, "\(missing) (\(error.message))") }
        return PodFailure(.configuration, "pod \(pod): \(error)")
    }

    static func image(_ image: String, _ error: PodmanError) -> PodFailure {
        PodFailure(
            .configuration,
            "the image \(image) cannot be pulled: \(error.message); check its name, sign in with podman login, or load it with "
                + "podman load")
    }
}
