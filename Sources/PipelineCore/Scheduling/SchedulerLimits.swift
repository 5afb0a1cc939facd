/// Bounds of one scheduler.
package struct SchedulerLimits: Sendable, Hashable {
    /// Launches alive at once over all runs (`[core] parallelism`).
    package var parallelism = 32
    /// Elements a task may be expanded to (`[core] max_map_length`).
    package var maximumMapLength = 1_024
    /// Instances that one task of one run may have: what a product of lists may come to.
    package var maximumExpansion = 100_000
    /// Launches of one try that may be lost to the infrastructure before the try counts as failed.
    package var maximumLosses = 3

    package init() {}
}
