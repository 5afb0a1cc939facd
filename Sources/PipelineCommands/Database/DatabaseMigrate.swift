import ArgumentParser
import MetadataStore
import PipelineCore

struct DatabaseMigrate: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "migrate", abstract: "Bring the schema up to date.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions

    func execute() async throws {
        let workspace = try await Workspace.open(try global.configuration(), migrating: false)
        let before = try await workspace.store.schemaVersion()
        try await workspace.store.migrate()
        let location = workspace.store.location
        output.print(
            ["location": .string(location), "before": .int(before.found), "schema_version": .int(before.needed)],
            orText: "\(location): schema version \(before.found) -> \(before.needed)")
        await workspace.close()
    }
}
