import ArgumentParser
import MetadataStore
import PipelineCore

struct DatabaseExportArchived: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "export-archived", abstract: "Write the tables that 'db clean' has kept to files.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Format of the files: csv.") var exportFormat = "csv"
    @Option(help: "Folder for the files; it must exist.") var outputPath: String
    @OptionGroup var selection: RetentionTableOptions
    @Flag(help: "Drop the archived tables afterwards.") var dropArchives = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func execute(_ workspace: Workspace) async throws {
        guard exportFormat == "csv" else { throw UsageError("--export-format '\(exportFormat)' is not supported; use csv") }
        guard Paths.isDirectory(outputPath) else { throw UsageError("the folder \(outputPath) does not exist (--output-path)") }
        let names = try await ArchiveSelection(store: workspace.store, tables: try selection.chosen()).names()
        if dropArchives, !yes, !names.isEmpty { try ArchiveSelection.confirm(names) }
        var rows: [JSONObject] = []
        for name in names {
            let path = outputPath + "/" + name + ".csv"
            let count = try await export(name, to: path, workspace.store)
            if dropArchives { try await workspace.store.dropArchive(name) }
            rows.append(["table": .string(name), "rows": .int(count), "file": .string(path)])
        }
        output.print(Table(columns: ["table", "rows", "file"], rows: rows))
    }

    /// A table is dropped only once its file is complete and on the disk.
    private func export(_ name: String, to path: String, _ store: any PipelineStore) async throws -> Int {
        let file = try CSVFile(path)
        do {
            try await store.readArchive(name) { columns, row in try file.write(columns, row) }
            return try file.finish()
        } catch {
            file.discard()
            throw error
        }
    }
}
