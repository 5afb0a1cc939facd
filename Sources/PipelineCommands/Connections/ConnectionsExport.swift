import ArgumentParser
import PipelineCore

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
