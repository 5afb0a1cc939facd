import ArgumentParser
import PipelineCore

struct XComs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "xcom", abstract: "Look at the values that tasks left.", subcommands: [XComList.self, XComGet.self])
}
