import ArgumentParser
import PipelineCore
import PythonHost

struct DAGsNextExecution: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "next-execution", abstract: "Print the logical dates of the next runs.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Option(name: .shortAndLong, help: "How many.") var numExecutions = 1

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let dag = try library.require(dagID).dag
        let dates = try await NextRuns(dag: dag, library: library, store: workspace.store).dates(numExecutions)
        if dates.isEmpty {
            Terminal.note("[WARN] No following schedule can be found. This DAG may have schedule interval '@once' or `None`.")
        }
        let rows = dates.map { ["dag_id": .string(dagID), "logical_date": RunDocument.time($0)] as JSONObject }
        output.print(
            Table(columns: ["dag_id", "logical_date"], rows: rows),
            orText: dates.isEmpty ? "None" : dates.map(\.isoFormat).joined(separator: "\n"))
    }
}
