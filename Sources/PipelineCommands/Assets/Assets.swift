import ArgumentParser

struct Assets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assets", abstract: "Look at assets.", subcommands: [AssetsList.self])
}
