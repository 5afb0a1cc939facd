import ArgumentParser

struct Assets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assets", abstract: "Look at assets and their events, and bring both about.",
        subcommands: [
            AssetsList.self, AssetsDetails.self, AssetsMaterialize.self, AssetsEvents.self, AssetsEvent.self,
        ])
}
