import ArgumentParser
import PipelineCore

struct MetricsList: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List a run's metrics: last and best value, or every point.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var metrics: MetricOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id ('latest': the newest).") var runID = "latest"
    @Flag(help: "Every point instead of a summary.") var points = false

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let series = try await workspace.series(of: run, metrics)
        let table = points ? pointTable(series) : summary(series)
        output.print(output.output == .table || output.output == .plain ? table.withShortNumbers : table)
    }

    private func summary(_ series: [MetricSeries]) -> Table {
        Table(columns: RunTracking.metricColumns, rows: series.map(RunTracking.row))
    }

    private func pointTable(_ series: [MetricSeries]) -> Table {
        let columns = ["task_id", "map_index", "metric", "epoch", "step", "value", "try_number", "timestamp"]
        return Table(
            columns: columns,
            rows: series.flatMap(\.points).map { point in
                RunTracking.place(point.task).merging([
                    "metric": .string(point.name), "epoch": point.epoch.map { .int($0) } ?? .null,
                    "step": .int(point.step), "value": .double(point.value), "try_number": .int(point.tryNumber),
                    "timestamp": RunDocument.time(point.timestamp),
                ])
            })
    }
}

extension Workspace {
    /// The courses of the chosen metrics.
    /// - Throws: ``CommandFailure`` for a metric that the run has not, with the nearest one.
    func series(of run: DAGRun, _ options: MetricOptions) async throws -> [MetricSeries] {
        let all = MetricSeries.all(
            in: try await store.metrics(TrackingFilter(run: run.key, taskIDs: options.task)))
        let names = all.map(\.name)
        for wanted in options.metric where !names.contains(wanted) {
            let near = Suggestion.nearest(to: wanted, among: names).map { "; did you mean '\($0)'?" } ?? ""
            throw CommandFailure("run '\(run.key)' has no metric '\(wanted)'" + near)
        }
        return options.metric.isEmpty ? all : all.filter { options.metric.contains($0.name) }
    }
}
