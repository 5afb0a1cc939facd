import ArgumentParser
import PipelineCore
import PythonHost

struct DAGsShow: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the graph of a DAG: as a tree, or in Graphviz's language.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "DAG id.") var dagID: String
    @Flag(help: "Graphviz's dot language.") var dot = false

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let dag = try library.require(dagID).dag
        Terminal.print(dot ? DAGGraphText.dot(dag) : DAGGraphText.tree(dag))
    }
}
