import ArgumentParser
import PipelineCore

struct ConnectionsList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List connections.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this connection.") var connId: String?
    @Flag(help: "Show the values too, passwords included.") var showValues = false

    func execute(_ workspace: Workspace) async throws {
        let connections = try await workspace.store.connections().filter { connId == nil || $0.id == connId }
        output.print(
            Table(
                columns: showValues ? Connections.columns : ["conn_id", "conn_type"],
                rows: connections.map { Connections.row($0, showValues: showValues) }))
    }
}
