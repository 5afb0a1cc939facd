import ArgumentParser
import PipelineCore
import Stages

struct StageDescribe: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Show the parameters of a stage: defaults, ranges, meaning.")
    @Argument(help: "Stage.") var name: String
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        do {
            switch output.output {
            case .json: Terminal.print(try StageRegistry.standard.describeJSON(name).serialized(.pretty))
            case .yaml: Terminal.print(YAMLWriter.text(try StageRegistry.standard.describeJSON(name)))
            case .table, .plain: Terminal.print(try StageRegistry.standard.describeTable(name))
            }
        } catch {
            throw UsageError("\(error)")
        }
    }
}
