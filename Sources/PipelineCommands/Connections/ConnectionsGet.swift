import ArgumentParser
import PipelineCore

struct ConnectionsGet: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Show a connection.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Connection id.") var connId: String

    func execute(_ workspace: Workspace) async throws {
        let secrets = EnvironmentSecrets(ProcessEnvironment.all)
        let stored = try await workspace.store.connection(connId)
        guard let connection = try secrets.connection(connId) ?? stored else {
            throw CommandFailure("Connection not found.")
        }
        output.print(Table(columns: Connections.columns, rows: [Connections.details(connection)]))
    }
}
