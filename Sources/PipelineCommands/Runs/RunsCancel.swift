import ArgumentParser
import PipelineCore

struct RunsCancel: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a run that is queued or running, as failed.",
        discussion: "Its processes and pods are ended, tasks that have not run become skipped.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id ('latest': the newest).") var runID = "latest"
    @Option(help: "Why, for people.") var reason = "cancelled"

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        guard !run.state.isFinished else { throw CommandFailure("run '\(run.key)' is \(run.state.rawValue) already") }
        try RunOwnership.checkFree(run.key, home: workspace.configuration[.home])
        guard try await workspace.leader() != nil else {
            throw CommandFailure(
                "no scheduler runs on this store; 'pipeline run \(dagID) --run-id \(run.key.runID)' goes on with the run, "
                    + "and Ctrl-C there ends it")
        }
        try await workspace.ask(.cancel(run.key, reason: reason))
        output.print(
            ["dag_id": .string(run.key.dagID), "run_id": .string(run.key.runID), "status": "cancelled"],
            orText: "Cancelled run \(run.key.runID) of \(run.key.dagID)")
    }
}
