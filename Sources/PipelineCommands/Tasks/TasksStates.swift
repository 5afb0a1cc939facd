import ArgumentParser
import PipelineCore

struct TasksStates: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "states", abstract: "List the task instances of a run.", aliases: ["states-for-dag-run"])
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id or logical date ('latest': the newest).") var runID = "latest"

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let instances = try await workspace.store.taskInstances(TaskFilter(run: run.key))
        let columns = [
            "task_id", "map_index", "state", "try_number", "start_date", "end_date", "hostname", "image_id", "reason",
        ]
        output.print(
            Table(
                columns: columns,
                rows: instances.map { instance in
                    JSONObject([
                        ("dag_id", .string(dagID)), ("run_id", .string(run.key.runID)),
                        ("logical_date", RunDocument.time(run.logicalDate)),
                    ]).merging(RunDocument.taskInstance(instance))
                }))
    }
}
