import Jinja
import PipelineCore

/// A connection as templates see it.
enum JinjaConnection {
    static func record(_ connection: Connection) -> JinjaRecord {
        func text(_ value: String?) -> JinjaValue { value.map(JinjaValue.string) ?? JinjaValue.none }
        let extra = connection.extra.flatMap { try? JSONValue.parse($0) }?.objectValue ?? JSONObject()
        return JinjaRecord(
            typeName: "Connection object",
            attributes: [
                "conn_id": .string(connection.id), "conn_type": .string(connection.type),
                "description": text(connection.description), "host": text(connection.host),
                "schema": text(connection.schema), "login": text(connection.login),
                "password": text(connection.password), "extra": text(connection.extra),
                "port": connection.port.map(JinjaValue.int) ?? JinjaValue.none,
                "extra_dejson": JinjaJSON.value(.object(extra)),
            ])
    }
}
