import ArgumentParser
import PipelineCore

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
