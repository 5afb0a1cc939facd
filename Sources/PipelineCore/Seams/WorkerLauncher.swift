/// Runs tasks that need a process of their own where a cluster is: each in a pod of Airflow's worker image.
package protocol WorkerLauncher: Sendable {
    /// Follows the pod of a launch to its end, and says what became of the launch. Adoption and cancellation are as with
    /// ``PodLauncher/run(_:attributes:reporter:)``.
    /// - Throws: ``PodFailure`` where no pod can be made at all, `CancellationError`
    func runWorker(_ launch: TaskLaunch, reporter: any PodReporter) async throws -> WorkerEnd
}

/// What became of a launch that ran in a pod of workers.
package enum WorkerEnd: Sendable, Hashable {
    /// What its worker reported, or what its pod's end means where it reported nothing.
    case outcome(TaskOutcome)
    /// It came to nothing through no fault of the task's.
    case lost(reason: String)
}
