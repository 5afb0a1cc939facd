import ArgumentParser
import MetadataStore
import PipelineCore

struct Database: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "Look after the metadata database.",
        subcommands: [
            DatabaseMigrate.self, DatabaseCheck.self, DatabaseReset.self, DatabaseClean.self,
            DatabaseExportArchived.self, DatabaseDropArchived.self,
        ])
}
