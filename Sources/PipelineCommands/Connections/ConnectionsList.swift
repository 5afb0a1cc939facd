import ArgumentParser
import PipelineCore

struct ConnectionsList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List connections.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this connection.") var connId: String?
    @Flag(help: "Show the values too, passwords included.") var showValues = false
    @Flag(help: "With --show-values: passwords and extras as ***.") var hideSensitive = false

    func execute(_ workspace: Workspace) async throws {
        guard showValues || !hideSensitive else {
            throw UsageError("--hide-sensitive can only be used with --show-values")
        }
        let connections = try await workspace.store.connections().filter { connId == nil || $0.id == connId }
        output.print(
            Table(
                columns: showValues ? Connections.columns : ["conn_id", "conn_type"], rows: connections.map(row)))
    }

    private func row(_ connection: Connection) -> JSONObject {
        guard showValues else { return ["conn_id": .string(connection.id), "conn_type": .string(connection.type)] }
        guard hideSensitive else { return Connections.details(connection) }
        var masked = connection
        masked.login = connection.login.map { _ in "***" }
        masked.password = connection.password.map { _ in "***" }
        masked.extra = nil
        var row = Connections.details(masked)
        row["login"] = RunDocument.text(connection.login)
        if connection.extra?.isEmpty == false { row["extra_dejson"] = "***" }
        row["get_uri"] = .string(masked.uri.replacing("%2A%2A%2A", with: "***"))
        return row
    }
}
