import K8sPodExecutor
import PipelineCore

/// Finds, at the start of a process, containers of launches that nobody asks for any more: an earlier process ended after
/// their ends were in the store, and before their removal.
struct PodmanSweep: Sendable {
    let podman: Podman
    let janitor: PodmanJanitor

    /// - Parameter isOver: whether the store says that the launch of the task has ended; `false` where it does not know it:
    ///   what is unknown may be another's.
    /// - Returns: how many pods were removed.
    /// - Throws: ``PodmanError``, errors of `isOver`
    func run(installation: String, isOver: @Sendable (LaunchID, TaskInstanceKey) async throws -> Bool) async throws -> Int {
        let records = try await podman.containers(labels: [(PodNames.installation, installation)])
        let pods = Dictionary(grouping: records) { $0.labels[PodmanLabels.pod] ?? "" }
        var count = 0
        for (_, containers) in pods.sorted(by: { $0.key < $1.key }) {
            guard let launch = containers[0].launch, let task = containers[0].task, !janitor.isInHand(launch),
                Self.isToBeRemoved(containers), try await isOver(launch, task)
            else { continue }
            try await janitor.remove(containers, graceSeconds: PodmanPod.usualGraceSeconds)
            count += 1
        }
        return count
    }

    /// What has ended goes as its author wants, what runs in any case.
    private static func isToBeRemoved(_ containers: [ContainerRecord]) -> Bool {
        let base = containers.first { $0.labels[PodmanLabels.role] == PodmanPod.Role.base.rawValue }
        guard let base, let plan = base.plan, containers.allSatisfy(\.hasEnded) else { return true }
        return plan.finishAction.deletes(success: base.exitCode == 0)
    }
}
