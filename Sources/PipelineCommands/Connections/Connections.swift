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

    /// All details, under the names of Airflow's `connections get`.
    static func details(_ connection: Connection) -> JSONObject {
        let extra = connection.extra.flatMap { try? JSONValue.parse($0) } ?? .object(JSONObject())
        return [
            "conn_id": .string(connection.id), "conn_type": .string(connection.type),
            "description": RunDocument.text(connection.description), "host": RunDocument.text(connection.host),
            "schema": RunDocument.text(connection.schema), "login": RunDocument.text(connection.login),
            "password": RunDocument.text(connection.password), "port": connection.port.map(JSONValue.int) ?? .null,
            "is_encrypted": true, "is_extra_encrypted": true, "extra_dejson": extra,
            "get_uri": .string(connection.uri),
        ]
    }

    static let columns = [
        "conn_id", "conn_type", "description", "host", "schema", "login", "password", "port", "is_encrypted",
        "is_extra_encrypted", "extra_dejson", "get_uri",
    ]

    /// - Throws: ``UsageError`` for an id that Airflow would not take.
    static func check(id: String) throws {
        let isFine =
            (1...200).contains(id.count)
            && id.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "_.-".unicodeScalars.contains($0)
            }
        guard isFine else {
            throw UsageError(
                "'\(id)' is no connection id: up to 200 letters, digits, dashes, dots and underscores may stand in one")
        }
    }
}
