import ArgumentParser
import MetadataStore
import PipelineCore

struct DatabaseDropArchived: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop-archived", abstract: "Drop the tables that 'db clean' has kept.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: RetentionTableOptions
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func execute(_ workspace: Workspace) async throws {
        let names = try await ArchiveSelection(store: workspace.store, tables: try selection.chosen()).names()
        if !yes, !names.isEmpty { try ArchiveSelection.confirm(names) }
        for name in names { try await workspace.store.dropArchive(name) }
        output.print(Table(columns: ["table"], rows: names.map { ["table": .string($0)] }))
    }
}
