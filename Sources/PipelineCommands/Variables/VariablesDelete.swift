import ArgumentParser
import PipelineCore

struct VariablesDelete: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete a variable.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "Key.") var key: String

    func execute(_ workspace: Workspace) async throws {
        guard try await workspace.store.deleteVariable(key) else {
            throw CommandFailure("Variable \(key) does not exist")
        }
        output.print(["key": .string(key), "status": "deleted"], orText: "Variable \(key) deleted")
    }
}
