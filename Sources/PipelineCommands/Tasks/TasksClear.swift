import ArgumentParser
import PipelineCore

struct TasksClear: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make tasks of a run, or of the runs of a range, run again.",
        discussion: """
            The scheduler carries it out; without one, 'pipeline run DAG --run-id ID' does. A run keeps its version of the \
            DAG unless --run-on-latest-version is given.
            """)
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: ClearOptions
    @Argument(help: "DAG id.") var dagID: String
    @Option(name: [.customShort("r"), .customLong("run-id")], help: "Run id. Default: the newest run.")
    var runID: String?
    @Option(name: [.customShort("s"), .customLong("start-date")], help: "All runs from this logical date.")
    var startDate: String?
    @Option(name: [.customShort("e"), .customLong("end-date")], help: "All runs up to this logical date.")
    var endDate: String?
    @Option(name: [.customShort("t"), .customLong("task-regex")], help: "Tasks whose id matches; default: all.")
    var taskRegex: String?
    @Flag(name: .shortAndLong, help: "And all tasks upstream of them.") var upstream = false
    @Flag(name: .shortAndLong, help: "And all tasks downstream of them.") var downstream = false

    func execute(_ workspace: Workspace) async throws {
        let runs = try await runs(workspace)
        let clearing = Clearing(workspace: workspace, options: options)
        try await clearing.clearAndReport(runs, output, tasks: taskIDs) { request in
            (request.includeUpstream, request.includeDownstream) = (upstream, downstream)
        }
    }

    private func runs(_ workspace: Workspace) async throws -> [DAGRun] {
        guard startDate != nil || endDate != nil else {
            return [try await workspace.run(dagID: dagID, runID: runID ?? "latest")]
        }
        guard runID == nil else { throw UsageError("give either --run-id or --start-date and --end-date") }
        var filter = RunFilter(dagID: dagID)
        filter.logicalDateFrom = try startDate.map { try Self.instant($0, "--start-date") }
        filter.logicalDateTo = try endDate.map { try Self.instant($0, "--end-date") }
        return try await workspace.store.runs(filter).reversed()
    }

    private static func instant(_ text: String, _ option: String) throws -> Timestamp {
        guard let instant = Timestamp(iso8601: text) else { throw UsageError("'\(text)' is no ISO 8601 time (\(option))") }
        return instant
    }

    private func taskIDs(_ dag: DAG) throws -> [String]? {
        guard let taskRegex else { return nil }
        let regex: Regex<AnyRegexOutput>
        do {
            regex = try Regex(taskRegex)
        } catch {
            throw UsageError("'\(taskRegex)' is no regular expression: \(error)")
        }
        let ids = dag.tasks.map(\.id).filter { $0.firstMatch(of: regex) != nil }
        guard !ids.isEmpty else { throw CommandFailure("no task of DAG '\(dagID)' matches '\(taskRegex)'") }
        return ids
    }
}
