import ArgumentParser
import PipelineCore

struct VariablesExport: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all variables to a JSON file ('-' is standard output).")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "File.") var file: String

    func execute(_ workspace: Workspace) async throws {
        let variables = try await workspace.store.variables()
        let object = JSONObject(variables.map { ($0.key, Self.value($0)) })
        try SettingsFile(path: file).write(object)
        if file != "-" { Terminal.print("\(variables.count) variables successfully exported to \(file)") }
    }

    /// JSON variables are exported as JSON, others as text.
    static func value(_ variable: Variable) -> JSONValue {
        let value = (try? JSONValue.parse(variable.value)) ?? .string(variable.value)
        guard let description = variable.description else { return value }
        return ["value": value, "description": .string(description)]
    }
}
