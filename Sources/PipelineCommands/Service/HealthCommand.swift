import ArgumentParser
import PipelineCore

struct Health: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Whether a scheduler works on the store; for probes.",
        discussion: "Exit code 0: a scheduler leads and has said so lately. 1: none does, or the store does not answer.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions

    func execute(_ workspace: Workspace) async throws {
        let lease = try await workspace.store.lease(at: SystemWallClock().now())
        let isHealthy = lease.map { $0.age < Leadership.lasting } ?? false
        var row: JSONObject = [
            "metadatabase": "healthy", "scheduler": .string(isHealthy ? "healthy" : "unhealthy"),
            "leader": .null, "epoch": .null, "heartbeat_age_seconds": .null,
        ]
        if let lease {
            row["leader"] = .string(LeaseHolder.shown(lease.holder))
            row["epoch"] = .int(Int(lease.epoch))
            row["heartbeat_age_seconds"] = .double(lease.age.inSeconds)
        }
        output.print(Table(columns: row.keys, rows: [row]))
        if !isHealthy { throw ExitCode(1) }
    }
}
