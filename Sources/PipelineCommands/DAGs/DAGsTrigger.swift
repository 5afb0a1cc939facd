import ArgumentParser
import PipelineCore
import PythonHost

struct DAGsTrigger: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "Create a run, for a scheduler or 'pipeline run --run-id' to carry out.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Option(name: .shortAndLong, help: "Configuration of the run: a JSON object.") var conf: String?
    @Option(name: [.customShort("l"), .customLong("logical-date")], help: "ISO 8601; default: now.")
    var logicalDate: String?
    @Option(name: .shortAndLong, help: "Run id.") var runID: String?
    @Option(help: "Partition that the run works on; only for DAGs with partitions.") var partitionKey: String?

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        _ = try library.require(dagID)
        var request = TriggerRequest(dagID: dagID, type: .manual, triggeredBy: .cli)
        request.conf = try RunConfiguration(conf: conf, params: []).object()
        request.runID = runID
        request.partitionKey = partitionKey
        if let logicalDate { request.logicalDate = .some(try RunConfiguration.instant(logicalDate)) }
        let factory = RunFactory(store: workspace.store, dags: library, wallClock: SystemWallClock())
        let snapshot = try await RunConfiguration.checked { try await factory.makeRun(request) }
        try await workspace.store.commitOnce([.saveRun(snapshot.run)])
        Nudge.send(workspace.configuration)
        let columns = ["dag_id", "run_id", "state", "logical_date", "run_after", "partition_key", "conf"]
        output.print(Table(columns: columns, rows: [RunDocument.run(snapshot.run)]))
    }
}
