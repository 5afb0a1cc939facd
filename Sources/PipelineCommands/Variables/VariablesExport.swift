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

    /// JSON variables are exported as JSON, others as text. An object with a member `value` would be taken for the form
    /// with a description, so it is put into one.
    static func value(_ variable: Variable) -> JSONValue {
        let parsed = try? JSONValue.parse(variable.value)
        let value = parsed.flatMap { $0.stringValue == nil ? $0 : nil } ?? .string(variable.value)
        guard variable.description != nil || value["value"] != nil else { return value }
        return ["value": value, "description": RunDocument.text(variable.description)]
    }
}
