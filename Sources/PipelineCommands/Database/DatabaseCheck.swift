import ArgumentParser
import MetadataStore
import PipelineCore

struct DatabaseCheck: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Exit 0 when the database answers and its schema fits.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions

    func execute() async throws {
        let workspace = try await Workspace.open(try global.configuration(), migrating: false)
        let version = try await workspace.store.schemaVersion()
        await workspace.close()
        guard version.found == version.needed else {
            throw CommandFailure(
                "\(workspace.store.location): schema version \(version.found), needed \(version.needed); "
                    + (version.found < version.needed ? "run 'pipeline db migrate'" : "use a newer pipeline"))
        }
        let row: JSONObject = [
            "location": .string(workspace.store.location), "status": "ok", "schema_version": .int(version.found),
        ]
        output.print(
            Table(columns: row.keys, rows: [row]),
            orText: "\(workspace.store.location): ok, schema version \(version.found)")
    }
}
