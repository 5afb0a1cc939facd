import ArgumentParser
import PipelineCore

struct VariablesImport: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Set variables from a JSON file in the form of 'variables export'.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "File.") var file: String

    func execute(_ workspace: Workspace) async throws {
        let object = try SettingsFile(path: file).object()
        let variables = try object.map { try Self.variable(key: $0.key, $0.value) }
        for variable in variables { try await workspace.store.setVariable(variable) }
        Terminal.print("\(variables.count) of \(variables.count) variables successfully updated.")
    }

    /// `{"key": value}` or `{"key": {"value": ..., "description": ...}}`, as Airflow exports.
    static func variable(key: String, _ value: JSONValue) throws -> Variable {
        if let members = value.objectValue, let inner = members["value"],
            members.allSatisfy({ ["value", "description"].contains($0.key) })
        {
            return Variable(key: key, value: text(inner), description: members["description"]?.stringValue)
        }
        return Variable(key: key, value: text(value))
    }

    private static func text(_ value: JSONValue) -> String { value.stringValue ?? value.serialized(.python) }
}
