import ArgumentParser
import MetadataStore
import PipelineCore

struct Database: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "Look after the metadata database.",
        subcommands: [DatabaseMigrate.self, DatabaseCheck.self, DatabaseReset.self, DatabaseClean.self])
}

struct DatabaseMigrate: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "migrate", abstract: "Bring the schema up to date.")
    @OptionGroup var global: GlobalOptions

    func execute() async throws {
        let workspace = try await Workspace.open(try global.configuration(), migrating: false)
        let before = try await workspace.store.schemaVersion()
        try await workspace.store.migrate()
        Terminal.print("\(workspace.store.location): schema version \(before.found) -> \(before.needed)")
        await workspace.close()
    }
}

struct DatabaseCheck: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Exit 0 when the database answers and its schema fits.")
    @OptionGroup var global: GlobalOptions

    func execute() async throws {
        let workspace = try await Workspace.open(try global.configuration(), migrating: false)
        let version = try await workspace.store.schemaVersion()
        await workspace.close()
        guard version.found == version.needed else {
            throw CommandFailure(
                "\(workspace.store.location): schema version \(version.found), needed \(version.needed); "
                    + (version.found < version.needed ? "run 'pipeline db migrate'" : "use a newer pipeline"))
        }
        Terminal.print("\(workspace.store.location): ok, schema version \(version.found)")
    }
}

struct DatabaseReset: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "reset", abstract: "Drop everything and begin anew.")
    @OptionGroup var global: GlobalOptions
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func execute() async throws {
        let workspace = try await Workspace.open(try global.configuration(), migrating: false)
        if !yes {
            Terminal.note("This deletes all data in \(workspace.store.location). Type 'yes' to go on:")
            guard readLine() == "yes" else { throw CommandFailure("Cancelled") }
        }
        try await workspace.store.reset()
        Terminal.print("\(workspace.store.location): reset")
        await workspace.close()
    }
}

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
