import ArgumentParser
import MetadataStore
import PipelineCore

struct DatabaseClean: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Delete finished runs that ended before a time.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "ISO 8601, e.g. 2026-01-31.") var cleanBeforeTimestamp: String
    @Flag(help: "Only say what would be deleted.") var dryRun = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func execute(_ workspace: Workspace) async throws {
        guard let instant = Timestamp(iso8601: cleanBeforeTimestamp) else {
            throw UsageError("'\(cleanBeforeTimestamp)' is no ISO 8601 time")
        }
        if !dryRun && !yes {
            Terminal.note("This deletes runs that ended before \(instant). Type 'yes' to go on:")
            guard readLine() == "yes" else { throw CommandFailure("Cancelled") }
        }
        let rows = try await workspace.store.clean(before: instant, dryRun: dryRun)
        output.print(
            Table(
                columns: ["table", "rows"],
                rows: rows.sorted { $0.key < $1.key }.map { ["table": .string($0.key), "rows": .int($0.value)] }))
    }
}
