import ArgumentParser
import PipelineCore
import PythonHost

struct DAGsShow: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the graph of a DAG: as a tree, or in Graphviz's language.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Flag(help: "Graphviz's dot language.") var dot = false

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let dag = try library.require(dagID).dag
        output.print(Self.table(dag), orText: dot ? DAGGraphText.dot(dag) : DAGGraphText.tree(dag))
    }

    func validate() throws {
        if dot, output.output != nil { throw ValidationError("--dot and --output are two formats; give one of them") }
    }

    private static func table(_ dag: DAG) -> Table {
        func list(_ ids: [String]) -> JSONValue { .array(ids.map(JSONValue.string)) }
        let rows = dag.tasks.map { task -> JSONObject in
            [
                "task_id": .string(task.id), "operator": .string(task.operatorName), "mapped": .bool(task.isMapped),
                "trigger_rule": .string(task.triggerRule.rawValue), "upstream_task_ids": list(task.upstream),
                "downstream_task_ids": list(task.downstream),
            ]
        }
        return Table(columns: ["task_id", "operator", "mapped", "trigger_rule", "downstream_task_ids"], rows: rows)
    }
}
