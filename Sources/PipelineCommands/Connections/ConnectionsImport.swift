import ArgumentParser
import PipelineCore

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
