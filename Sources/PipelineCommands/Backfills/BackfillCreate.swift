import ArgumentParser
import PipelineCore

struct BackfillCreate: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a backfill; a scheduler carries it out.",
        discussion: """
            Every date of the DAG's schedule from --from-date to --to-date gets a run, at most --max-active-runs of them \
            at once, beside and apart from the DAG's own runs. A DAG has one backfill at a time.
            """)
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Option(name: .customLong("dag-id"), help: "The DAG.") var dagID: String
    @Option(help: "First logical date (inclusive), ISO 8601.") var fromDate: String
    @Option(help: "Last logical date (inclusive), ISO 8601.") var toDate: String
    @Option(help: "Configuration of its runs: a JSON object. Without it, runs that are there keep theirs.")
    var dagRunConf: String?
    @Flag(help: "Newest date first; not where tasks depend on the past.") var runBackwards = false
    @Option(help: "Runs of this backfill at once.") var maxActiveRuns = Backfill.defaultMaxActiveRuns
    @Option(help: "Which runs that are there already run again: none, failed or completed. Default: none.")
    var reprocessBehavior: String?
    @Flag(
        inversion: .prefixedNo,
        help: "Run those again on the latest version of the DAG, not on their own. Default: as the DAG says, else yes.")
    var runOnLatestVersion: Bool?
    @Flag(help: "Only say which dates would get a run.") var dryRun = false

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let header = try library.require(dagID).dag.header
        let request = try request(header)
        let factory = BackfillFactory(
            store: workspace.store, dags: library, wallClock: SystemWallClock()
        ) { dag, last, restriction in try await library.nextRun(of: dag, after: last, within: restriction) }
        try await Self.checked { try await carryOut(request, factory, workspace) }
    }

    private func carryOut(_ request: BackfillRequest, _ factory: BackfillFactory, _ workspace: Workspace) async throws {
        guard !dryRun else {
            let dates = try await factory.dryRun(request).map { BackfillDocument.row($0, nil) }
            return output.print(Table(columns: ["logical_date", "data_interval_start", "data_interval_end"], rows: dates))
        }
        let backfill = try await factory.create(request)
        Nudge.send(workspace.configuration)
        output.print(Table(columns: BackfillDocument.columns, rows: [BackfillDocument.row(backfill)]))
        if try await workspace.leader() == nil {
            Terminal.note("No scheduler runs on this store; the next 'pipeline scheduler' carries backfill \(backfill.id) out.")
        }
        if try await workspace.store.dagRecord(dagID)?.isPaused == true {
            Terminal.note("DAG '\(dagID)' is paused: the backfill waits for 'pipeline dags unpause \(dagID)'.")
        }
    }

    private func request(_ header: DAGHeader) throws -> BackfillRequest {
        guard maxActiveRuns >= 1 else { throw UsageError("--max-active-runs must be at least 1, not \(maxActiveRuns)") }
        var request = BackfillRequest(
            dagID: dagID, fromDate: try Self.date(fromDate, "--from-date"), toDate: try Self.date(toDate, "--to-date"))
        request.maxActiveRuns = maxActiveRuns
        request.runBackwards = runBackwards
        request.conf = try dagRunConf.map { try Self.conf($0) }
        request.runOnLatestVersion = runOnLatestVersion ?? header.rerunWithLatestVersion ?? true
        request.triggeringUser = ProcessEnvironment.all["USER"]
        if let reprocessBehavior {
            guard let known = ReprocessBehavior(rawValue: reprocessBehavior) else {
                throw UsageError("--reprocess-behavior '\(reprocessBehavior)' is none of none, failed, completed")
            }
            request.reprocessBehavior = known
        }
        return request
    }

    private static func date(_ text: String, _ option: String) throws -> Timestamp {
        guard let instant = Timestamp(iso8601: text) else {
            throw UsageError("'\(text)' is no ISO 8601 time (\(option))")
        }
        return instant
    }

    private static func conf(_ text: String) throws -> JSONObject {
        guard let object = try? JSONValue.parse(text).objectValue else {
            throw UsageError("--dag-run-conf must be a JSON object, not \(text)")
        }
        return object
    }

    /// What the DAG or the store refuses is a failure; a range or a choice that cannot be is misuse.
    private static func checked(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as BackfillError {
            switch error.code {
            case .alreadyRunning, .dagNotFound, .noRuns: throw CommandFailure(error.message)
            default: throw UsageError(error.message)
            }
        }
    }
}
