import ArgumentParser
import PipelineCore
import PythonHost

struct DAGsPause: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "pause", abstract: "Pause a DAG.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String

    func execute(_ workspace: Workspace) async throws { try await setPaused(true, dagID, workspace, output) }
}

struct DAGsUnpause: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "unpause", abstract: "Let a paused DAG go on.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String

    func execute(_ workspace: Workspace) async throws { try await setPaused(false, dagID, workspace, output) }
}

private func setPaused(_ isPaused: Bool, _ dagID: String, _ workspace: Workspace, _ output: OutputOptions) async throws {
    guard try await workspace.store.setPaused(isPaused, dagID: dagID) else {
        throw CommandFailure("DAG '\(dagID)' is not known; 'pipeline dags list' reads the folder")
    }
    Nudge.send(workspace.configuration)
    output.print(
        Table(columns: ["dag_id", "is_paused"], rows: [["dag_id": .string(dagID), "is_paused": .bool(isPaused)]]))
}
