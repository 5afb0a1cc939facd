/// How long a result may be.
package enum ResultLimits {
    /// What the kubelet cuts a termination message at: one of so many bytes is a cut one.
    package static let messageBytes = 4_096
    /// What is read of a file beside the container: a little more than the store takes, so that its own refusal is what
    /// is seen.
    package static let sidecarBytes = 5 << 20

    package static func bytes(_ plan: PodPlan) -> Int { plan.hasSidecar ? sidecarBytes : messageBytes }
}
