import ArgumentParser
import PipelineCore

struct ConnectionsDelete: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete a connection.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "Connection id.") var connId: String

    func execute(_ workspace: Workspace) async throws {
        guard try await workspace.store.deleteConnection(connId) else {
            throw CommandFailure("Did not find a connection with `conn_id`=\(connId)")
        }
        output.print(
            ["conn_id": .string(connId), "status": "deleted"], orText: "Successfully deleted connection with `conn_id`=\(connId)")
    }
}
