import ArgumentParser
import PipelineCore

struct VariablesList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List variables.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Show the values too.") var showValues = false
    @Flag(help: "With --show-values: all values as ***.") var hideSensitive = false

    func execute(_ workspace: Workspace) async throws {
        guard showValues || !hideSensitive else {
            throw UsageError("--hide-sensitive can only be used with --show-values")
        }
        let variables = try await workspace.store.variables()
        let columns = showValues ? ["key", "val", "description"] : ["key"]
        output.print(
            Table(
                columns: columns,
                rows: variables.map { variable in
                    var row: JSONObject = ["key": .string(variable.key)]
                    guard showValues else { return row }
                    row["val"] = .string(hideSensitive ? "***" : variable.value)
                    row["description"] = RunDocument.text(variable.description)
                    return row
                }))
    }
}
