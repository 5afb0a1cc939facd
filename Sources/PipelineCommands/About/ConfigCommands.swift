import ArgumentParser
import PipelineCore

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the settings in force.", subcommands: [ConfigList.self, ConfigGet.self])
}

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

/// Takes secrets out of what people are shown.
enum Redaction {
    /// A URL with `***` for its password; other text as it is.
    static func url(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://"), let at = text.lastIndex(of: "@") else { return text }
        let authority = text[scheme.upperBound..<at]
        guard let colon = authority.firstIndex(of: ":") else { return text }
        return text[..<colon] + ":***" + text[at...]
    }
}
