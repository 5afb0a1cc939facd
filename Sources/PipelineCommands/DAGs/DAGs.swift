import ArgumentParser
import PipelineCore
import PythonHost

struct DAGs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dags", abstract: "Look at DAGs and start them.",
        subcommands: [
            DAGsList.self, DAGsShow.self, DAGsDetails.self, DAGsListImportErrors.self, DAGsNextExecution.self,
            DAGsTrigger.self, DAGsClear.self, DAGsPause.self, DAGsUnpause.self, DAGsTest.self,
        ])
}
