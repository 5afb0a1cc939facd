import ArgumentParser
import PipelineCore

struct Variables: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "variables", abstract: "Manage variables.",
        subcommands: [
            VariablesList.self, VariablesGet.self, VariablesSet.self, VariablesDelete.self, VariablesImport.self,
            VariablesExport.self,
        ])
}

struct VariablesList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List variables.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Show the values too.") var showValues = false

    func execute(_ workspace: Workspace) async throws {
        let variables = try await workspace.store.variables()
        let columns = showValues ? ["key", "val", "description"] : ["key"]
        output.print(
            Table(
                columns: columns,
                rows: variables.map { variable in
                    var row: JSONObject = ["key": .string(variable.key)]
                    guard showValues else { return row }
                    row["val"] = .string(variable.value)
                    row["description"] = RunDocument.text(variable.description)
                    return row
                }))
    }
}

struct VariablesGet: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Print the value of a variable.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "Key.") var key: String
    @Option(name: [.customShort("d"), .customLong("default")], help: "Printed when there is no such variable.")
    var fallback: String?
    @Flag(name: .shortAndLong, help: "The value must be JSON.") var json = false

    func execute(_ workspace: Workspace) async throws {
        let secrets = EnvironmentSecrets(ProcessEnvironment.all)
        let stored = try await workspace.store.variable(key)?.value
        guard let value = secrets.variable(key) ?? stored ?? fallback else {
            throw CommandFailure("Variable \(key) does not exist")
        }
        if json {
            do {
                _ = try JSONValue.parse(value)
            } catch {
                throw CommandFailure("Variable \(key) is not JSON: \(error)")
            }
        }
        Terminal.print(value)
    }
}

struct VariablesSet: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "set", abstract: "Set a variable.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "Key.") var key: String
    @Argument(help: "Value.") var value: String
    @Option(help: "Description.") var description: String?
    @Flag(name: .shortAndLong, help: "The value must be JSON.") var json = false

    func execute(_ workspace: Workspace) async throws {
        if json {
            do {
                _ = try JSONValue.parse(value)
            } catch {
                throw UsageError("the value is not JSON: \(error)")
            }
        }
        try await workspace.store.setVariable(Variable(key: key, value: value, description: description))
        Terminal.print("Variable \(key) created")
    }
}

struct VariablesDelete: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete a variable.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "Key.") var key: String

    func execute(_ workspace: Workspace) async throws {
        guard try await workspace.store.deleteVariable(key) else {
            throw CommandFailure("Variable \(key) does not exist")
        }
        Terminal.print("Variable \(key) deleted")
    }
}

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
