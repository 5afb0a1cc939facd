import ArgumentParser
import PipelineCore

struct TasksList: DAGCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the tasks of a DAG.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let dag = try library.require(dagID).dag
        let rows = dag.tasks.map { task -> JSONObject in
            [
                "task_id": .string(task.id), "operator": .string(task.operatorName),
                "trigger_rule": .string(task.triggerRule.rawValue),
                "downstream": .array(task.downstream.map(JSONValue.string)), "is_mapped": .bool(task.isMapped),
                "runs": .string(task.isEmpty ? "scheduler" : task.native == nil ? "python" : "native"),
                "python_reason": RunDocument.text(task.pythonReason),
            ]
        }
        output.print(Table(columns: ["task_id", "operator", "trigger_rule", "is_mapped", "runs", "downstream"], rows: rows))
    }
}
