import ArgumentParser
import PipelineCore

struct VariablesSet: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "set", abstract: "Set a variable.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
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
        output.print(["key": .string(key), "status": "created"], orText: "Variable \(key) created")
    }
}
