import ArgumentParser
import PipelineCore
import PythonHost

struct DAGsDetails: DAGCommand {
    static let configuration = CommandConfiguration(commandName: "details", abstract: "Show the attributes of a DAG.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let details = DAGDetails.object(try library.require(dagID), record: try await workspace.store.dagRecord(dagID))
        switch output.output {
        case .json: Terminal.print(JSONValue.array([.object(details)]).serialized(.pretty))
        case .yaml: Terminal.print(YAMLWriter.text(.object(details)))
        case .table, .plain:
            output.print(
                Table(
                    columns: ["property", "value"],
                    rows: details.map { ["property": .string($0.key), "value": $0.value] }))
        }
    }
}
