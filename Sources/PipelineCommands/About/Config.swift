import ArgumentParser
import PipelineCore

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the settings in force.", subcommands: [ConfigList.self, ConfigGet.self])
}
