import ArgumentParser
import PipelineCore

struct Connections: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections", abstract: "Manage connections.",
        subcommands: [
            ConnectionsList.self, ConnectionsGet.self, ConnectionsAdd.self, ConnectionsDelete.self,
            ConnectionsImport.self, ConnectionsExport.self,
        ])

    /// The object of one connection in Airflow's export form.
    static func object(_ connection: Connection) -> JSONObject {
        [
            "conn_type": .string(connection.type), "description": RunDocument.text(connection.description),
            "login": RunDocument.text(connection.login), "password": RunDocument.text(connection.password),
            "host": RunDocument.text(connection.host), "port": connection.port.map(JSONValue.int) ?? .null,
            "schema": RunDocument.text(connection.schema), "extra": RunDocument.text(connection.extra),
        ]
    }

    static func row(_ connection: Connection, showValues: Bool) -> JSONObject {
        guard showValues else { return ["conn_id": .string(connection.id), "conn_type": .string(connection.type)] }
        return JSONObject([("conn_id", .string(connection.id))]).merging(object(connection))
    }

    static let columns = [
        "conn_id", "conn_type", "description", "host", "schema", "login", "password", "port", "extra",
    ]
}

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
        output.print(Table(columns: Connections.columns, rows: [Connections.row(connection, showValues: true)]))
    }
}

struct ConnectionsAdd: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a connection.")
    @OptionGroup var global: GlobalOptions
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
        Terminal.print("Successfully added `conn_id`=\(connId)")
    }

    private func connection() throws -> Connection {
        let ways = [connUri, connJson, connType].compactMap { $0 }
        guard ways.count == 1 else {
            throw UsageError("give one of --conn-uri, --conn-json and --conn-type")
        }
        if let text = connUri ?? connJson {
            guard var connection = Connection(id: connId, uriOrJSON: text), !connection.type.isEmpty else {
                throw UsageError("'\(text)' is neither a connection URI nor a JSON object with conn_type")
            }
            connection.description = connDescription ?? connection.description
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
        connection.extra = connExtra
        if let connExtra, (try? JSONValue.parse(connExtra)) == nil { throw UsageError("--conn-extra is not JSON") }
        return connection
    }
}

struct ConnectionsDelete: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete a connection.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "Connection id.") var connId: String

    func execute(_ workspace: Workspace) async throws {
        guard try await workspace.store.deleteConnection(connId) else {
            throw CommandFailure("Did not find a connection with `conn_id`=\(connId)")
        }
        Terminal.print("Successfully deleted connection with `conn_id`=\(connId)")
    }
}

struct ConnectionsImport: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Add connections from a JSON file in the form of 'connections export'.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "File.") var file: String
    @Flag(help: "Replace connections that exist.") var overwrite = false

    func execute(_ workspace: Workspace) async throws {
        let connections = try SettingsFile(path: file).object().map { id, value in
            let connection =
                if let text = value.stringValue { Connection(id: id, uriOrJSON: text) } else {
                    value.objectValue.map { Connection(id: id, json: $0) }
                }
            guard let connection, !connection.type.isEmpty else {
                throw UsageError("\(file): connection '\(id)' is neither a URI nor an object with conn_type")
            }
            return connection
        }
        for connection in connections {
            if !overwrite, try await workspace.store.connection(connection.id) != nil {
                Terminal.print("Could not import connection \(connection.id): connection already exists.")
            } else {
                try await workspace.store.setConnection(connection)
                Terminal.print("Imported connection \(connection.id)")
            }
        }
    }
}

struct ConnectionsExport: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all connections to a JSON file ('-' is standard output).")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "File.") var file: String

    func execute(_ workspace: Workspace) async throws {
        let connections = try await workspace.store.connections()
        let object = JSONObject(connections.map { ($0.id, .object(Connections.object($0))) })
        try SettingsFile(path: file).write(object)
        if file != "-" { Terminal.print("\(connections.count) Connections successfully exported to \(file).") }
    }
}
