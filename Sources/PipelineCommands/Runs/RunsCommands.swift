import ArgumentParser
import PipelineCore

struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Look at DAG runs.",
        subcommands: [RunsList.self, RunsShow.self, RunsDelete.self])
}

struct RunsList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List runs, newest first.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Only runs of this DAG.") var dagID: String?
    @Option(help: "Only runs in this state (queued, running, success, failed).") var state: String?
    @Option(help: "At most this many.") var limit = 50

    static let columns = ["dag_id", "run_id", "state", "run_after", "logical_date", "start_date", "end_date"]

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

struct RunsShow: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a run with its tasks.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id ('latest': the newest).") var runID = "latest"
    @Flag(help: "With the XComs of its tasks.") var withXcoms = false

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let result = try await RunResult(run: run, store: workspace.store, withXComs: withXcoms)
        Terminal.print(result.rendered(output.output))
    }
}

struct RunsDelete: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete a finished run.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id.") var runID: String

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        guard run.state.isFinished else { throw CommandFailure("run '\(run.key)' is \(run.state.rawValue), not finished") }
        _ = try await workspace.store.deleteRun(run.key)
        Terminal.print("Deleted run \(run.key.runID) of \(run.key.dagID)")
    }
}
