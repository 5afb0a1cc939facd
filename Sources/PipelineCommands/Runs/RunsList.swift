import ArgumentParser
import PipelineCore

struct RunsList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List runs, newest first.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Only runs of this DAG.") var dagID: String?
    @Option(help: "Only runs in this state (queued, running, success, failed).") var state: String?
    @Option(help: "At most this many.") var limit = 50

    static let columns = ["dag_id", "run_id", "state", "run_after", "logical_date", "partition_key", "start_date", "end_date"]

    func execute(_ workspace: Workspace) async throws {
        var filter = RunFilter(dagID: dagID, limit: limit)
        if let state {
            guard let known = RunState(rawValue: state) else {
                let names = RunState.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("unknown state '\(state)'; states are \(names)")
            }
            filter.states = [known]
        }
        let runs = try await workspace.store.runs(filter)
        output.print(Table(columns: Self.columns, rows: runs.map(RunDocument.run)))
    }
}
