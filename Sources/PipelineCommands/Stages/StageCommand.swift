import ArgumentParser
import PipelineCore
import Stages

struct StageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stage", abstract: "Run a step of an ML pipeline in this process, as a pod does.",
        subcommands: [StageRun.self, StageList.self, StageDescribe.self])
}
