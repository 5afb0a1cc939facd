import ArgumentParser

struct Metrics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Look at the metrics that the tasks of runs reported.",
        subcommands: [MetricsList.self, MetricsPlot.self])
}

/// Which metrics.
struct MetricOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Only this metric. May be repeated.") var metric: [String] = []
    @Option(name: .shortAndLong, help: "Only of this task. May be repeated.") var task: [String] = []
}
