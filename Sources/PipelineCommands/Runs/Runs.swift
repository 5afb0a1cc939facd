import ArgumentParser
import PipelineCore

struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Look at DAG runs, clear and end them.",
        subcommands: [RunsList.self, RunsShow.self, RunsClear.self, RunsCancel.self, RunsDelete.self])
}
