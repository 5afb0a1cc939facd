import ArgumentParser
import PipelineCore
import PythonHost

struct DAGs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dags", abstract: "Look at DAGs and start them.",
        subcommands: [
            DAGsList.self, DAGsShow.self, DAGsDetails.self, DAGsListImportErrors.self, DAGsNextExecution.self,
            DAGsTrigger.self, DAGsPause.self, DAGsUnpause.self, DAGsTest.self,
        ])
}

/// A command over the DAGs of the folder.
protocol DAGCommand: StoreCommand {
    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws
}

extension DAGCommand {
    func execute(_ workspace: Workspace) async throws {
        let python = Composition.pythonHost(workspace.configuration)
        do {
            try await execute(workspace, try await DAGLibrary(workspace: workspace, python: python))
        } catch {
            await python.stop()
            throw error
        }
        await python.stop()
    }
}

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
                "error": .string(isForPeople ? error.message : error.traceback),
            ]
        }
        output.print(Table(columns: ["filepath", "line", "error"], rows: rows))
        if !errors.isEmpty { throw ExitCode(1) }
    }
}

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

/// The attributes of a DAG under Airflow's names.
enum DAGDetails {
    static func object(_ loaded: LoadedDAG, record: DAGRecord?) -> JSONObject {
        let header = loaded.dag.header
        return [
            "dag_id": .string(header.id), "dag_display_name": .string(header.displayName ?? header.id),
            "is_paused": .bool(record?.isPaused ?? false), "bundle_name": .string(loaded.bundleName),
            "relative_fileloc": .string(header.relativeFileLocation), "fileloc": .string(header.fileLocation),
            "description": RunDocument.text(header.description), "tags": .array(header.tags.map(JSONValue.string)),
            "owners": .array(DAGsList.owners(loaded.dag).map(JSONValue.string)),
            "timetable_summary": .string(TimetableText.summary(header.timetable)),
            "timezone": .string(header.timezone), "start_date": RunDocument.time(header.startDate),
            "end_date": RunDocument.time(header.endDate), "catchup": .bool(header.catchup),
            "max_active_runs": .int(header.maxActiveRuns), "max_active_tasks": .int(header.maxActiveTasks),
            "max_consecutive_failed_dag_runs": .int(header.maxConsecutiveFailedRuns),
            "dag_run_timeout": header.dagRunTimeout.map { .double($0.inSeconds) } ?? .null,
            "fail_fast": .bool(header.failFast), "doc_md": RunDocument.text(header.docMarkdown),
            "params": .object(JSONObject(header.params.map { ($0.name, $0.value ?? .null) })),
            "task_count": .int(loaded.dag.tasks.count), "version_hash": .string(loaded.hash),
        ]
    }
}

/// A timetable in a few words, as Airflow's `timetable.summary`.
enum TimetableText {
    static func summary(_ timetable: TimetableDefinition) -> String {
        switch timetable {
        case .null: "None"
        case .once: "@once"
        case .continuous: "@continuous"
        case .cronTrigger(let expression, _, _, _), .cronDataInterval(let expression, _): expression
        case .multipleCronTrigger(let expressions, _, _, _): expressions.joined(separator: ", ")
        case .deltaTrigger(let delta, _), .deltaDataInterval(let delta): text(delta)
        case .events(let dates, _, let description): description ?? "\(dates.count) events"
        case .assetTriggered: "Asset"
        case .assetOrTime(_, let inner): "Asset or \(summary(inner))"
        case .custom(let path, _): path
        }
    }

    private static func text(_ delta: TimetableDefinition.TimeDelta) -> String {
        var parts: [String] = []
        if delta.years != 0 { parts.append("\(delta.years) years") }
        if delta.months != 0 { parts.append("\(delta.months) months") }
        let seconds = delta.duration.microseconds / 1_000_000 + Int64(delta.days) * 86_400
        if seconds >= 86_400 { parts.append("\(seconds / 86_400) days") }
        let rest = Int(seconds % 86_400)
        if rest > 0 || parts.isEmpty { parts.append("\(rest / 3_600):\((rest / 60 % 60).padded(2)):\((rest % 60).padded(2))") }
        return parts.joined(separator: ", ")
    }
}

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

/// The graph of a DAG as text.
enum DAGGraphText {
    /// Each task once, below the first of its upstream tasks; further upstream tasks in brackets.
    static func tree(_ dag: DAG) -> String {
        var lines: [String] = [dag.id]
        var shown = Set<String>()
        for task in dag.tasks where task.upstream.isEmpty { append(task.id, dag, 1, &shown, &lines) }
        return lines.joined(separator: "\n")
    }

    private static func append(_ id: String, _ dag: DAG, _ depth: Int, _ shown: inout Set<String>, _ lines: inout [String]) {
        guard let task = dag[id] else { return }
        let indent = String(repeating: "  ", count: depth)
        guard shown.insert(id).inserted else { return lines.append("\(indent)-> \(id)") }
        var line = "\(indent)\(id)  <\(task.operatorName)\(task.isMapped ? " [mapped]" : "")>"
        if task.triggerRule != .allSuccess { line += "  \(task.triggerRule.rawValue)" }
        lines.append(line)
        for downstream in task.downstream { append(downstream, dag, depth + 1, &shown, &lines) }
    }

    static func dot(_ dag: DAG) -> String {
        func quoted(_ text: String) -> String {
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        let nodes = dag.tasks.map { "  \(quoted($0.id)) [label=\(quoted($0.id)) tooltip=\(quoted($0.operatorName))];" }
        let edges = dag.tasks.flatMap { task in task.downstream.map { "  \(quoted(task.id)) -> \(quoted($0));" } }
        return (["digraph \(quoted(dag.id)) {", "  rankdir=LR;"] + nodes + edges + ["}"]).joined(separator: "\n")
    }
}

struct DAGsNextExecution: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "next-execution", abstract: "Print the logical dates of the next runs.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "DAG id.") var dagID: String
    @Option(name: .shortAndLong, help: "How many.") var numExecutions = 1

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let dag = try library.require(dagID).dag
        let dates = try await NextRuns(dag: dag, library: library, store: workspace.store).dates(numExecutions)
        if dates.isEmpty {
            Terminal.note("[WARN] No following schedule can be found. This DAG may have schedule interval '@once' or `None`.")
            return Terminal.print("None")
        }
        for date in dates { Terminal.print(date.isoFormat) }
    }
}

/// The runs that a DAG's schedule will give after the last one it gave.
struct NextRuns {
    let dag: DAG
    let library: DAGLibrary
    let store: any PipelineStore

    func dates(_ count: Int) async throws -> [Timestamp] {
        let header = dag.header
        let restriction = TimeRestriction(
            earliest: header.startDate, latest: header.endDate, catchup: header.catchup)
        var last = try await lastScheduled()
        var dates: [Timestamp] = []
        while dates.count < count, let next = try await next(after: last, restriction) {
            dates.append(next.logicalDate)
            last = next.interval
        }
        return dates
    }

    private func lastScheduled() async throws -> DataInterval? {
        var filter = RunFilter(dagID: dag.id, limit: 1)
        filter.types = [.scheduled, .backfill]
        guard let run = try await store.runs(filter).first, let start = run.dataIntervalStart,
            let end = run.dataIntervalEnd
        else { return nil }
        return DataInterval(start: start, end: end)
    }

    private func next(
        after last: DataInterval?, _ restriction: TimeRestriction
    ) async throws -> (logicalDate: Timestamp, interval: DataInterval)? {
        if let timetable = try Timetables.factory.timetable(dag.header.timetable) {
            return timetable.nextRun(after: last, within: restriction, now: SystemWallClock().now())
                .map { ($0.logicalDate, $0.dataInterval) }
        }
        guard let next = try await library.customTimetable(of: dag).nextRun(after: last, within: restriction) else {
            return nil
        }
        let interval = next.dataInterval ?? .exact(next.runAfter)
        return (interval.start, interval)
    }
}

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

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        _ = try library.require(dagID)
        var request = TriggerRequest(dagID: dagID, type: .manual, triggeredBy: .cli)
        request.conf = try RunConfiguration(conf: conf, params: []).object()
        request.runID = runID
        if let logicalDate { request.logicalDate = .some(try RunConfiguration.instant(logicalDate)) }
        let factory = RunFactory(store: workspace.store, dags: library, wallClock: SystemWallClock())
        let snapshot = try await RunConfiguration.checked { try await factory.makeRun(request) }
        try await workspace.store.commit([.saveRun(snapshot.run)], epoch: try await workspace.store.currentEpoch())
        let columns = ["dag_id", "run_id", "state", "logical_date", "run_after", "conf"]
        output.print(Table(columns: columns, rows: [RunDocument.run(snapshot.run)]))
    }
}

struct DAGsPause: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "pause", abstract: "Pause a DAG.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String

    func execute(_ workspace: Workspace) async throws { try await setPaused(true, dagID, workspace, output) }
}

struct DAGsUnpause: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "unpause", abstract: "Let a paused DAG go on.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String

    func execute(_ workspace: Workspace) async throws { try await setPaused(false, dagID, workspace, output) }
}

private func setPaused(_ isPaused: Bool, _ dagID: String, _ workspace: Workspace, _ output: OutputOptions) async throws {
    guard try await workspace.store.setPaused(isPaused, dagID: dagID) else {
        throw CommandFailure("DAG '\(dagID)' is not known; 'pipeline dags list' reads the folder")
    }
    output.print(
        Table(columns: ["dag_id", "is_paused"], rows: [["dag_id": .string(dagID), "is_paused": .bool(isPaused)]]))
}
