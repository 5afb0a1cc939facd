import ArgumentParser
import PipelineCore
import PythonHost

struct DAGsList: DAGCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the DAGs of the folder.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let paused = Dictionary(
            try await workspace.store.dagRecords().map { ($0.dagID, $0.isPaused) }, uniquingKeysWith: { $1 })
        let rows = library.catalog.dags.sorted { $0.dag.id < $1.dag.id }.map { loaded -> JSONObject in
            let header = loaded.dag.header
            return [
                "dag_id": .string(header.id), "fileloc": .string(header.fileLocation),
                "owners": .array(Self.owners(loaded.dag).map(JSONValue.string)),
                "is_paused": .bool(paused[header.id] ?? false), "bundle_name": .string(loaded.bundleName),
                "bundle_version": RunDocument.text(loaded.bundleVersion),
            ]
        }
        output.print(
            Table(columns: ["dag_id", "fileloc", "owners", "is_paused", "bundle_name", "bundle_version"], rows: rows))
        let errors = library.catalog.importErrors.count
        if errors > 0 { Terminal.note("\(errors) file(s) could not be read: pipeline dags list-import-errors") }
    }

    static func owners(_ dag: DAG) -> [String] {
        dag.header.owners.isEmpty ? Array(Set(dag.tasks.map(\.owner))).sorted() : dag.header.owners
    }
}
