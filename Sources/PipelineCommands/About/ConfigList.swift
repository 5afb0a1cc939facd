import ArgumentParser
import PipelineCore

struct ConfigList: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List all settings and their sources.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        let configuration = try global.configuration()
        let rows = Setting.allCases.map { setting -> JSONObject in
            let value = configuration[setting]
            let shown = setting.isSecret && !value.isEmpty ? "***" : Redaction.url(value)
            return [
                "name": .string(setting.rawValue), "value": .string(shown),
                "source": .string(configuration.values[setting]?.source ?? ""),
                "environment": .string(setting.environmentName), "help": .string(setting.help),
            ]
        }
        output.print(Table(columns: ["name", "value", "source", "environment"], rows: rows))
    }
}
