import ArgumentParser
import PipelineCore
import PythonHost

struct DAGsListImportErrors: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-import-errors", abstract: "List the files that could not be read; exit 1 when there are any.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let errors = library.catalog.importErrors
        let isForPeople = output.output == .table || output.output == .plain
        let rows = errors.map { error -> JSONObject in
            [
                "bundle_name": .string(DAGLibrary.bundleName), "filepath": .string(error.file),
                "line": error.line.map(JSONValue.int) ?? .null,
                "error": .string(isForPeople || error.traceback.isEmpty ? error.message : error.traceback),
            ]
        }
        output.print(Table(columns: ["filepath", "line", "error"], rows: rows))
        if !errors.isEmpty { throw ExitCode(1) }
    }
}
