import ArgumentParser

struct Partitions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partitions", abstract: "Look at partitions that wait for events.",
        subcommands: [PartitionsList.self])
}
