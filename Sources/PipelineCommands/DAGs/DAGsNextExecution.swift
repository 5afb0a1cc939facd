import ArgumentParser
import PipelineCore
import PythonHost

struct DAGsNextExecution: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "next-execution", abstract: "Print the logical dates of the next runs, or their partition keys.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Option(name: .shortAndLong, help: "How many.") var numExecutions = 1

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let dag = try library.require(dagID).dag
        let runs = try await NextRuns(dag: dag, library: library, store: workspace.store).runs(numExecutions)
        if runs.isEmpty {
            Terminal.note("[WARN] No following schedule can be found. This DAG may have schedule interval '@once' or `None`.")
        }
        let texts = runs.map { $0.partition?.key ?? $0.logicalDate.isoFormat }
        output.print(table(runs), orText: texts.isEmpty ? "None" : texts.joined(separator: "\n"))
    }

    private func table(_ runs: [ScheduledRun]) -> Table {
        let isPartitioned = runs.contains { $0.partition != nil }
        let rows = runs.map { run -> JSONObject in
            [
                "dag_id": .string(dagID), "logical_date": RunDocument.time(run.logicalDate),
                "partition_key": RunDocument.text(run.partition?.key),
                "partition_date": RunDocument.time(run.partition?.date), "run_after": RunDocument.time(run.runAfter),
            ]
        }
        let columns = isPartitioned ? ["partition_key", "partition_date", "run_after"] : ["logical_date"]
        return Table(columns: ["dag_id"] + columns, rows: rows)
    }
}
