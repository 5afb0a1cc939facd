import ArgumentParser
import PipelineCore

struct ConnectionsAdd: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a connection.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "Connection id.") var connId: String
    @Option(help: "URI: type://login:password@host:port/schema?key=value.") var connUri: String?
    @Option(help: "JSON object with conn_type, host, ...") var connJson: String?
    @Option(help: "Type.") var connType: String?
    @Option(help: "Description.") var connDescription: String?
    @Option(help: "Host.") var connHost: String?
    @Option(help: "Login.") var connLogin: String?
    @Option(help: "Password.") var connPassword: String?
    @Option(help: "Schema.") var connSchema: String?
    @Option(help: "Port.") var connPort: Int?
    @Option(help: "Extra, a JSON object.") var connExtra: String?

    func execute(_ workspace: Workspace) async throws {
        let connection = try connection()
        guard try await workspace.store.connection(connId) == nil else {
            throw CommandFailure("A connection with `conn_id`=\(connId) already exists.")
        }
        try await workspace.store.setConnection(connection)
        output.print(
            ["conn_id": .string(connId), "status": "added"], orText: "Successfully added `conn_id`=\(connId)")
    }

    private func connection() throws -> Connection {
        try Connections.check(id: connId)
        let ways = [connUri, connJson, connType].compactMap { $0 }
        guard ways.count == 1 else {
            throw UsageError("give one of --conn-uri, --conn-json and --conn-type")
        }
        if let text = connUri ?? connJson {
            guard var connection = Connection(id: connId, uriOrJSON: text, query: .json), !connection.type.isEmpty else {
                throw UsageError("'\(text)' is neither a connection URI nor a JSON object with conn_type")
            }
            connection.description = connDescription ?? connection.description
            connection.extra = try checkedExtra() ?? connection.extra
            return connection
        }
        return try assembled(type: connType ?? "")
    }

    private func assembled(type: String) throws -> Connection {
        var connection = Connection(id: connId, type: type)
        connection.description = connDescription
        connection.host = connHost
        connection.login = connLogin
        connection.password = connPassword
        connection.schema = connSchema
        connection.port = connPort
        connection.extra = try checkedExtra()
        return connection
    }

    private func checkedExtra() throws -> String? {
        if let connExtra, (try? JSONValue.parse(connExtra))?.objectValue == nil {
            throw UsageError("--conn-extra is no JSON object: \(connExtra)")
        }
        return connExtra
    }
}
