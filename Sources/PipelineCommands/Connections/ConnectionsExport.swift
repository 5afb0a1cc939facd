import ArgumentParser
import PipelineCore

struct ConnectionsExport: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all connections to a .json, .yaml or .env file ('-' is standard output).")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "File.") var file: String
    @Option(help: "json, yaml or env; default: by the file's name.") var fileFormat: ConnectionFileFormat?
    @Option(help: "How .env lines hold a connection: uri or json.") var serializationFormat: ConnectionLineFormat?

    func execute(_ workspace: Workspace) async throws {
        let format = try fileFormat ?? Self.format(of: file)
        guard serializationFormat == nil || format == .env else {
            throw UsageError("--serialization-format may only be used with files of the type env")
        }
        let connections = try await workspace.store.connections()
        let text = text(connections, format)
        guard file != "-" else { return Terminal.print(text) }
        try Files.writeAtomically(Array((text + "\n").utf8), to: file)
        Terminal.print("\(connections.count) Connections successfully exported to \(file).")
    }

    private static func format(of file: String) throws -> ConnectionFileFormat {
        if file == "-" { return .json }
        let known = ConnectionFileFormat.allCases.first { file.lowercased().hasSuffix(".\($0.rawValue)") }
        guard let known else {
            throw UsageError("\(file): unsupported file format; the name must end in .yaml, .json or .env")
        }
        return known
    }

    private func text(_ connections: [Connection], _ format: ConnectionFileFormat) -> String {
        let object = JSONObject(connections.map { ($0.id, .object(Connections.object($0))) })
        switch format {
        case .json: return JSONValue.object(object).serialized(.pretty)
        case .yaml: return YAMLWriter.text(.object(object))
        case .env: return connections.map { "\($0.id)=\(line($0))" }.joined(separator: "\n")
        }
    }

    private func line(_ connection: Connection) -> String {
        serializationFormat == .json
            ? JSONValue.object(Connections.object(connection)).serialized(.python) : connection.uri
    }
}

/// What a file of connections is written in.
enum ConnectionFileFormat: String, CaseIterable, ExpressibleByArgument { case json, yaml, env }

/// What stands behind the name in a line of an `.env` file.
enum ConnectionLineFormat: String, CaseIterable, ExpressibleByArgument { case uri, json }
