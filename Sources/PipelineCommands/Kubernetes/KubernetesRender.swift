import ArgumentParser
import K8sPodExecutor
import LocalExecutor
import PipelineCore
import PythonHost

struct KubernetesRender: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Print the pod of a task as it would be sent; nothing is sent.",
        discussion: "Check it against a cluster with: pipeline kubernetes render DAG TASK | kubectl apply --dry-run=server -f -")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var cluster: ClusterOptions
    @Option(name: .shortAndLong, help: "yaml or json.") var output: OutputFormat = .yaml
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Task id.") var taskID: String
    @Argument(help: "Logical date, ISO 8601; default: now.") var logicalDate: String?
    @Option(name: .shortAndLong, help: "Configuration of the run: a JSON object.") var conf: String?
    @Option(help: "A run that is recorded: its XComs are at hand then.") var runID: String?
    @Option(help: "Map index of a mapped task.") var mapIndex = TaskInstanceKey.unmapped

    var ownFlags: [Setting: String] { cluster.flags }

    func validate() throws {
        guard output == .yaml || output == .json else { throw ValidationError("a pod is printed as yaml or json") }
    }

    func execute(_ workspace: Workspace) async throws {
        var request = TriggerRequest(dagID: dagID, type: .manual, triggeredBy: .test)
        request.conf = try RunConfiguration(conf: conf, params: []).object()
        if let logicalDate { request.logicalDate = .some(try RunConfiguration.instant(logicalDate)) }
        let wanted = request
        if runID != nil { return try await show(wanted, in: workspace, workspace) }
        try await Scratch.run(beside: workspace) { try await show(wanted, in: $0, workspace) }
    }

    private func show(_ request: TriggerRequest, in place: Workspace, _ workspace: Workspace) async throws {
        let python = Composition.pythonHost(place.configuration)
        let pod = try await pod(request, place, workspace, python)
        await python.stop()
        Terminal.print(output == .json ? pod.serialized(.pretty) : YAMLWriter.text(pod))
    }

    private func launch(_ request: TriggerRequest, _ place: Workspace, _ single: SingleTask) async throws -> TaskLaunch {
        guard let runID else { return try await single.launch(request) }
        return single.launch(try await place.snapshot(of: try await place.run(dagID: dagID, runID: runID)))
    }

    private func pod(
        _ request: TriggerRequest, _ scratch: Workspace, _ workspace: Workspace, _ python: PythonHost
    ) async throws -> JSONValue {
        let library = try await DAGLibrary(workspace: scratch, python: python)
        let task = try SingleTask.task(taskID, of: try library.require(dagID).dag)
        let local = try scratch.configuration.replacing([.executor: "local"])
        let engine = try await RunEngine(
            workspace: Workspace(configuration: local, store: scratch.store), library: library, python: python, observers: [])
        let launch = try await launch(request, scratch, SingleTask(engine: engine, task: task, mapIndex: mapIndex))
        let settings = try ClusterConnection.settings(workspace.configuration, defaultNamespace: "default")
        do {
            if let attributes = try await engine.executor.podAttributes(of: launch) {
                return try PodBuilder(settings).build(launch, attributes: attributes).pod
            }
            guard engine.executor.needsProcess(launch), workspace.configuration[.processTasks] == "pods" else {
                throw CommandFailure("\(taskID) (\(task.operatorName)) needs no pod: it runs where pipeline runs")
            }
            return try WorkerPodBuilder(settings).build(launch).pod
        } catch let error as PodBuildError {
            throw CommandFailure("\(dagID).\(taskID): \(error)")
        }
    }
}
