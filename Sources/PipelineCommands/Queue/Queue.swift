import ArgumentParser
import PipelineCore

struct Queue: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "List the tasks that have been handed over and do not run yet, and what they wait for.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Option(name: .shortAndLong, help: "Only this DAG.") var dagID: String?

    func execute(_ workspace: Workspace) async throws {
        var filter = TaskFilter()
        filter.dagID = dagID
        filter.states = [.scheduled, .queued]
        let waiting = try await workspace.store.taskInstances(filter)
        let ordered = waiting.sorted { Self.order($0) < Self.order($1) }
        output.print(
            Table(
                columns: ["dag_id", "run_id", "task_id", "map_index", "state", "pool", "priority", "since", "reason"],
                rows: ordered.map(Self.row)))
    }

    /// Handed over first, then by priority, then by time.
    private static func order(_ instance: TaskInstance) -> (Int, Int, Int64) {
        let since = instance.queuedAt ?? instance.scheduledAt
        return (instance.state == .queued ? 0 : 1, -instance.priorityWeight, since?.microseconds ?? .max)
    }

    private static func row(_ instance: TaskInstance) -> JSONObject {
        [
            "dag_id": .string(instance.key.run.dagID), "run_id": .string(instance.key.run.runID),
            "task_id": .string(instance.taskID), "map_index": .int(instance.mapIndex),
            "state": .string(instance.state?.rawValue ?? ""), "pool": .string(instance.pool),
            "priority": .int(instance.priorityWeight),
            "since": RunDocument.time(instance.queuedAt ?? instance.scheduledAt),
            "reason": RunDocument.text(instance.reason ?? (instance.state == .scheduled ? "waits for a free slot" : nil)),
        ]
    }
}
