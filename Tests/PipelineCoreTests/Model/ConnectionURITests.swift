import Foundation
import PipelineCore
import Testing

/// URIs of connections as Airflow 3.3.2 reads and writes them (scripts/make-connection-cases.py).
@Suite struct ConnectionURITests {
    private static func cases() throws -> [JSONValue] {
        let file = URL(filePath: #filePath).appending(path: "../../../Fixtures/connections/cases.json").standardized
        return try JSONValue.parse(utf8: [UInt8](Data(contentsOf: file))).arrayValue ?? []
    }

    private static func described(_ connection: Connection) -> JSONObject {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        return [
            "conn_type": .string(connection.type), "host": text(connection.host), "login": text(connection.login),
            "password": text(connection.password), "schema": text(connection.schema),
            "port": connection.port.map(JSONValue.int) ?? .null, "extra": text(connection.extra),
        ]
    }

    @Test func everyURIIsReadAndWrittenAsByAirflow() throws {
        let cases = try Self.cases()
        #expect(cases.count > 30)
        for item in cases {
            let uri = try #require(item["uri"]?.stringValue)
            for (name, query) in [("stored", Connection.QueryValues.json), ("environment", .texts)] {
                let connection = Connection(id: "c", uriOrJSON: uri, query: query)
                var expected = item[name]?.objectValue
                let written = expected?["uri"]?.stringValue
                expected?["uri"] = nil
                #expect(connection.map(Self.described) == expected, "\(uri) (\(name))")
                if let written { #expect(connection?.uri == written, "\(uri)") }
            }
        }
    }

    @Test(arguments: ["my_type://h", "plain", "", "://h", "3x://h", "x:y"])
    func whatIsNoURIIsRefused(_ text: String) {
        #expect(Connection(id: "c", uriOrJSON: text) == nil)
    }
}
