import ArgumentParser
import PipelineCore

struct Run: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a DAG to its end on this machine.",
        discussion: """
            Progress goes to standard error, the result to standard output. Exit code 0: the run succeeded; 1: it \
            failed; 64: wrong call. Ctrl-C ends the run cleanly, a second one at once.
            """)
    @OptionGroup var global: GlobalOptions
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var request: RunRequestOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Run id; an unfinished run of this id is continued.") var runID: String?

    var ownFlags: [Setting: String] { cluster.flags }

    func execute(_ workspace: Workspace) async throws {
        let request = try request.request(runID: runID)
        let ownership = try await RunOwnership.claim(
            home: workspace.configuration[.home], workspace: workspace,
            continuing: runID.map { RunKey(dagID: request.dagID, runID: $0) })
        defer { ownership.release() }
        let run = try await RunSession(workspace: workspace, isQuiet: self.request.quiet).run(
            request, ownership: ownership)
        try await self.request.report(run, workspace, output)
    }
}

/// What `pipeline run` and `dags test` have in common.
struct RunRequestOptions: ParsableArguments {
    @Argument(help: "DAG id.") var dagID: String
    @Option(name: .shortAndLong, help: "Configuration of the run: a JSON object.") var conf: String?
    @Option(help: "One parameter, key=value; the value is JSON if it can be read so. May be repeated.")
    var param: [String] = []
    @Option(name: [.customShort("l"), .customLong("logical-date")], help: "ISO 8601; default: now.")
    var logicalDate: String?
    @Flag(help: "With the XComs of all tasks in the result.") var withXcoms = false
    @Flag(name: .shortAndLong, help: "No progress on standard error.") var quiet = false

    func request(runID: String?) throws -> TriggerRequest {
        var request = TriggerRequest(dagID: dagID, type: .manual, triggeredBy: .cli)
        request.conf = try RunConfiguration(conf: conf, params: param).object()
        request.runID = runID
        request.triggeringUser = ProcessEnvironment.all["USER"]
        if let logicalDate { request.logicalDate = .some(try RunConfiguration.instant(logicalDate)) }
        return request
    }

    /// Prints the result. - Throws: exit code 1 unless the run succeeded.
    func report(_ run: DAGRun, _ workspace: Workspace, _ output: OutputOptions) async throws {
        let result = try await RunResult(run: run, store: workspace.store, withXComs: withXcoms)
        result.write(output.output)
        try await reportTracking(run, workspace, output)
        guard run.state != .success else { return }
        if !quiet { FailureHints(result.taskInstances).lines.forEach { Terminal.note($0) } }
        throw ExitCode(1)
    }

    /// Prints the tables of metrics and parameters, where the tasks reported some. They are for people: documents for
    /// programs stay alone on standard output.
    private func reportTracking(_ run: DAGRun, _ workspace: Workspace, _ output: OutputOptions) async throws {
        let tracking = try await RunTracking(TrackingFilter(run: run.key), store: workspace.store)
        let isDocument = output.output == .json || output.output == .yaml
        let tables = tracking.tables(isDocument ? .table : output.output, withArtifacts: false)
        guard !tables.isEmpty, !(isDocument && quiet) else { return }
        Terminal.write("\n" + tables.joined(separator: "\n\n") + "\n", to: isDocument ? 2 : 1)
    }
}
