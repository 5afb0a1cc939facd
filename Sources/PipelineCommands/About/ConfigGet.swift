import ArgumentParser
import PipelineCore

struct ConfigGet: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "get-value", abstract: "Print one setting.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "Name.") var name: String

    func execute() async throws {
        guard let setting = Setting(rawValue: name) else {
            let near = Suggestion.nearest(to: name, among: Setting.allCases.map(\.rawValue))
            throw UsageError("unknown setting '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
        }
        let value = try global.configuration()[setting]
        output.print(["name": .string(setting.rawValue), "value": .string(value)], orText: value)
    }
}
