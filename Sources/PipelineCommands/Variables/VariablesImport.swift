import ArgumentParser
import PipelineCore

struct VariablesImport: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Set variables from a .json, .yaml or .env file in the form of 'variables export'.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "File.") var file: String
    @Option(
        name: [.customShort("a"), .customLong("action-on-existing-key")],
        help: "What to do with variables that exist: overwrite, fail or skip.")
    var onExisting: ExistingVariableAction = .overwrite

    func execute(_ workspace: Workspace) async throws {
        let variables = try SecretsFile(path: file).object().map { Self.variable(key: $0.key, $0.value) }
        let known = onExisting == .overwrite ? [] : Set(try await workspace.store.variables().map(\.key))
        let existing = variables.map(\.key).filter(known.contains).sorted()
        if onExisting == .fail, !existing.isEmpty {
            throw CommandFailure("Failed. These keys: \(Self.list(existing)) already exists.")
        }
        let new = variables.filter { !known.contains($0.key) }
        for variable in new { try await workspace.store.setVariable(variable) }
        Terminal.print("\(new.count) of \(variables.count) variables successfully updated.")
        if !existing.isEmpty {
            Terminal.print("The variables with these keys: \(Self.list(existing)) were skipped because they already exists")
        }
    }

    private static func list(_ keys: [String]) -> String {
        JSONValue.array(keys.map(JSONValue.string)).serialized(.python).replacing("\"", with: "'")
    }

    /// `{"key": value}` or `{"key": {"value": ..., "description": ...}}`, as Airflow exports.
    static func variable(key: String, _ value: JSONValue) -> Variable {
        guard let inner = value["value"] else { return Variable(key: key, value: text(value)) }
        return Variable(key: key, value: text(inner), description: value["description"]?.stringValue)
    }

    /// What is no text is kept as JSON, indented as Airflow keeps it.
    private static func text(_ value: JSONValue) -> String { value.stringValue ?? value.serialized(.pretty) }
}

/// What an import does with variables that exist already.
enum ExistingVariableAction: String, CaseIterable, ExpressibleByArgument { case overwrite, fail, skip }
