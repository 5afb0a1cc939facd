import ArgumentParser
import MetadataStore
import PipelineCore

struct DatabaseClean: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Remove old rows, and the logs of the runs that go with them.",
        discussion: """
            A run is as old as its start. Unfinished runs and the last run of each DAG stay, with all that belongs to them. \
            Rows are copied to tables _airflow_deleted__TABLE__TIME first, unless --skip-archive is given \
            ('pipeline db export-archived', 'drop-archived'). Works in small transactions; may run beside a scheduler.
            """)
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "What is older goes. ISO 8601, e.g. 2026-01-31.") var cleanBeforeTimestamp: String
    @OptionGroup var selection: RetentionTableOptions
    @Option(help: "Only rows of these DAGs, comma-separated.") var dagIds: String?
    @Option(help: "No rows of these DAGs, comma-separated.") var excludeDagIds: String?
    @Option(help: "Task instances whose rows one transaction removes.") var batchSize: Int?
    @Flag(help: "Only say how many rows would go.") var dryRun = false
    @Flag(help: "Keep no copy of the rows.") var skipArchive = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func execute(_ workspace: Workspace) async throws {
        let rule = try rule()
        guard !dryRun else { return report(try await workspace.store.countRemovable(rule), rule) }
        try confirm(rule)
        let logs = RunLogs(folder: workspace.configuration[.logsFolder])
        let archive = skipArchive ? nil : Self.archiveName(SystemWallClock().now())
        let counts = try await workspace.store.clean(rule, archive: archive) { runs in logs.remove(runs) }
        report(counts, rule)
    }

    private func rule() throws -> RetentionRule {
        guard let instant = Timestamp(iso8601: cleanBeforeTimestamp) else {
            throw UsageError("'\(cleanBeforeTimestamp)' is no ISO 8601 time (--clean-before-timestamp)")
        }
        var rule = RetentionRule(before: instant, tables: try selection.chosen())
        rule.dagIDs = RetentionTableOptions.list(dagIds)
        rule.excludedDAGIDs = RetentionTableOptions.list(excludeDagIds)
        if let batchSize {
            guard batchSize >= 1 else { throw UsageError("--batch-size must be at least 1, not \(batchSize)") }
            rule.batchSize = batchSize
        }
        return rule
    }

    private func confirm(_ rule: RetentionRule) throws {
        guard !yes else { return }
        let tables = rule.effectiveTables.map(\.rawValue).sorted().joined(separator: ", ")
        Terminal.note("This removes rows older than \(rule.before) from \(tables), and the logs of runs that go.")
        Terminal.note("Type 'yes' to go on:")
        guard readLine() == "yes" else { throw CommandFailure("Cancelled") }
    }

    private func report(_ counts: [String: Int], _ rule: RetentionRule) {
        let rows = counts.sorted { $0.key < $1.key }.map { ["table": .string($0.key), "rows": .int($0.value)] as JSONObject }
        output.print(Table(columns: ["table", "rows"], rows: rows))
    }

    /// The instant in digits, as Airflow names its archives.
    private static func archiveName(_ instant: Timestamp) -> String {
        String(instant.isoFormat.filter(\.isNumber).prefix(14))
    }
}
