import ArgumentParser
import PipelineCore

struct ConfigGet: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "get-value", abstract: "Print one setting.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "Name.") var name: String

    func execute() async throws {
        guard let setting = Setting(rawValue: name) else {
            let near = Suggestion.nearest(to: name, among: Setting.allCases.map(\.rawValue))
            throw UsageError("unknown setting '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
        }
        Terminal.print(try global.configuration()[setting])
    }
}
