import ArgumentParser
import PipelineCore

struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Look at DAG runs.",
        subcommands: [RunsList.self, RunsShow.self, RunsCancel.self, RunsDelete.self])
}
