import ArgumentParser
import K8sPodExecutor
import PipelineCore

struct KubernetesCleanupPods: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup-pods", abstract: "Delete finished pods of this installation, and those of no live try.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Leave pods alone that are younger than so many minutes.") var minPendingMinutes = 30
    @Flag(help: "Only say what would be deleted.") var dryRun = false

    var ownFlags: [Setting: String] { cluster.flags }

    func validate() throws {
        guard (5...100_000).contains(minPendingMinutes) else {
            throw ValidationError("--min-pending-minutes must be 5 or more: younger pods may be about to start")
        }
    }

    func execute(_ workspace: Workspace) async throws {
        let connection = try ClusterConnection(workspace.configuration)
        let cleanup = PodCleanup(client: connection.api, settings: connection.settings)
        let old = SystemWallClock().now() - .seconds(60 * minPendingMinutes)
        let found = try await cleanup.leftovers(createdBefore: old) { launch, task in
            try await workspace.store.hasEnded(launch, of: task)
        }
        if !dryRun { for pod in found { try await cleanup.delete(pod) } }
        let rows = found.map { pod -> JSONObject in
            [
                "namespace": .string(pod.namespace), "name": .string(pod.name), "phase": .string(pod.phase),
                "reason": .string(pod.reason), "deleted": .bool(!dryRun),
            ]
        }
        output.print(Table(columns: ["namespace", "name", "phase", "reason", "deleted"], rows: rows))
    }
}
