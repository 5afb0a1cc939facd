import ArgumentParser
import PipelineCore

struct VariablesGet: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Print the value of a variable.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
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
        output.print(["key": .string(key), "value": .string(value)], orText: value)
    }
}
