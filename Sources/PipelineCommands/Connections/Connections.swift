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
