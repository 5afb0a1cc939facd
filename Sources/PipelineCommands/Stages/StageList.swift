import ArgumentParser
import PipelineCore
import Stages

struct StageList: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the stages.")
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        let rows = StageRegistry.standard.stages.map { stage -> JSONObject in
            ["name": .string(stage.name), "summary": .string(stage.summary)]
        }
        output.print(Table(columns: ["name", "summary"], rows: rows))
    }
}
