import ArgumentParser
import PipelineCore

struct ConnectionsImport: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add connections from a .json, .yaml or .env file in the form of 'connections export'.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "File.") var file: String
    @Flag(help: "Replace connections that exist.") var overwrite = false

    private static let members: Set<String> = [
        "conn_id", "conn_type", "description", "host", "login", "password", "schema", "port", "extra", "extra_dejson",
        "uri",
    ]

    func execute(_ workspace: Workspace) async throws {
        let connections = try SecretsFile(path: file).object().map { try connection($0.key, $0.value) }
        for connection in connections {
            if !overwrite, try await workspace.store.connection(connection.id) != nil {
                Terminal.print("Could not import connection \(connection.id): connection already exists.")
            } else {
                try await workspace.store.setConnection(connection)
                Terminal.print("Imported connection \(connection.id)")
            }
        }
    }

    /// A URI, an object, or a list of one of them.
    private func connection(_ id: String, _ value: JSONValue) throws -> Connection {
        try Connections.check(id: id)
        if let one = value.arrayValue, one.count == 1 { return try connection(id, one[0]) }
        let found: Connection?
        if let text = value.stringValue ?? value["uri"]?.stringValue {
            found = Connection(id: id, uriOrJSON: text, query: .json)
        } else {
            found = try value.objectValue.map { try connection(id, members: $0) }
        }
        guard let found, !found.type.isEmpty else {
            throw UsageError("\(file): connection '\(id)' is neither a URI nor an object with conn_type")
        }
        return found
    }

    private func connection(_ id: String, members: JSONObject) throws -> Connection {
        for (name, _) in members where !Self.members.contains(name) {
            let near = Suggestion.nearest(to: name, among: Self.members).map { "; did you mean '\($0)'?" } ?? ""
            throw UsageError("\(file): connection '\(id)' has the unknown member '\(name)'\(near)")
        }
        if let own = members["conn_id"]?.stringValue, own != id {
            throw UsageError("\(file): connection '\(id)' says that its conn_id is '\(own)'")
        }
        return Connection(id: id, json: members)
    }
}
