import ArgumentParser
import PipelineCore

struct RunsDelete: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete a finished run.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id.") var runID: String
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        guard run.state.isFinished else { throw CommandFailure("run '\(run.key)' is \(run.state.rawValue), not finished") }
        if !yes {
            Terminal.note("This deletes run \(run.key) with its tries, XComs and metrics. Type 'yes' to go on:")
            guard readLine() == "yes" else { throw CommandFailure("Cancelled") }
        }
        _ = try await workspace.store.deleteRun(run.key)
        output.print(
            ["dag_id": .string(run.key.dagID), "run_id": .string(run.key.runID), "status": "deleted"],
            orText: "Deleted run \(run.key.runID) of \(run.key.dagID)")
    }
}
