package import PipelineCore

/// What is known of the end of a container whose log is followed.
package struct ContainerEnd: Sendable, Hashable {
    /// By its node's clock, rounded down to a second; `nil`: not told.
    package var finishedAt: Timestamp?

    package init(finishedAt: Timestamp? = nil) { self.finishedAt = finishedAt }
}
