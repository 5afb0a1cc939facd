package import PipelineCore

/// Stops a pipeline whose model is not good enough: thresholds on any metric, and a comparison with earlier runs.
package struct CheckMetricsStage: Stage {
    package init() {}

    package var name: String { "check_metrics" }

    package var summary: String { "Fails when a training's metrics miss their thresholds or fall behind earlier runs" }

    package var parameters: [StageParameter] {
        let anything = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
        return [
            .text("metrics", default: "out", help: "folder of train_model (its out=), or a metrics.jsonl file"),
            .choice("epoch", of: ["best", "last"], default: "best", help: "the epoch whose metrics are checked"),
            .text("monitor", default: "val_accuracy", help: "the metric that says which epoch is the best"),
            .numbers(
                prefix: "min_", word: "metric", in: anything, help: "least value of a metric: min_val_accuracy=0.5"),
            .numbers(prefix: "max_", word: "metric", in: anything, help: "largest value of a metric: max_val_loss=2"),
            .text("baseline", default: .null, help: "folder with earlier runs on the same data to compare with"),
            .text("baseline_metric", default: "val_accuracy", help: "the metric that is compared"),
            .number(
                "max_regression", in: 0...1e9, default: 0.0, help: "how much worse than the best earlier run it may be"),
        ]
    }

    package func run(_ context: StageContext) async throws -> JSONValue {
        let parameters = context.parameters
        let record = try selectedEpoch(parameters)
        var checks = try thresholds(parameters, record)
        let comparison = try comparison(parameters, record, context.progress)
        if let check = comparison?.check { checks.append(check) }
        guard !checks.isEmpty || comparison != nil else {
            throw StageError(.misuse, "nothing to check; give min_<metric>=, max_<metric>= or baseline=")
        }
        for check in checks {
            context.progress.event("check", check.json)
            context.tracking.metrics(["\(check.bound.rawValue)_\(check.metric)_margin": .double(check.margin)])
        }
        let misses = checks.filter { !$0.passed }.map(\.miss)
        guard misses.isEmpty else {
            throw StageError(.thresholdMissed, "epoch \(record.epoch): " + misses.joined(separator: "; "))
        }
        return result(record, checks, comparison)
    }

    private func selectedEpoch(_ parameters: StageParameters) throws(StageError) -> MetricRecord {
        let path = parameters.text("metrics")
        let records = try MetricsLog.epochs(in: path)
        guard parameters.text("epoch") == "best" else { return records[records.count - 1] }
        let monitor = parameters.text("monitor")
        var best = records[0]
        for record in records {
            let value = try Self.value(of: monitor, in: record, field: "monitor", path)
            let bestValue = try Self.value(of: monitor, in: best, field: "monitor", path)
            if MetricRecord.isBetter(value, than: bestValue, metric: monitor) { best = record }
        }
        return best
    }

    private func thresholds(_ parameters: StageParameters, _ record: MetricRecord) throws(StageError) -> [MetricCheck] {
        var checks: [MetricCheck] = []
        for bound in MetricCheck.Bound.allCases {
            for (metric, threshold) in parameters.numbers(prefix: bound.prefix) where metric != "regression" {
                let field = bound.prefix + metric
                let value = try Self.value(of: metric, in: record, field: field, parameters.text("metrics"))
                checks.append(
                    MetricCheck(metric: metric, bound: bound, threshold: threshold, value: value, reason: field))
            }
        }
        return checks
    }

    /// The outcome of the comparison with earlier runs.
    private struct Comparison {
        var earlier: EarlierRuns.Search
        /// `nil` when there is no comparable run.
        var check: MetricCheck?
    }

    /// - Returns: `nil` when no comparison is asked for.
    private func comparison(
        _ parameters: StageParameters, _ record: MetricRecord, _ progress: any ProgressReporter
    ) throws(StageError) -> Comparison? {
        guard let folder = parameters.optionalText("baseline") else { return nil }
        let metrics = parameters.text("metrics")
        let metric = parameters.text("baseline_metric")
        let value = try Self.value(of: metric, in: record, field: "baseline_metric", metrics)
        let ownFolder = FileIO.isDirectory(metrics) ? metrics : FileIO.parent(of: metrics)
        let ownPath = (ownFolder.isEmpty ? "." : ownFolder) + "/" + TrainingSummary.fileName
        guard let own = TrainingSummary.load(ownPath) else {
            throw StageError(.fileFailed, "\(ownPath): no such summary; train_model writes it when it is done")
        }
        let earlier = try EarlierRuns(folder: folder).best(metric, comparableTo: own, at: ownPath)
        earlier.tell(progress, of: folder)
        guard let best = earlier.best else { return Comparison(earlier: earlier) }
        let slack = parameters.number("max_regression")
        let isSmallerBetter = MetricDirection(of: metric) == .smaller
        let check = MetricCheck(
            metric: metric, bound: isSmallerBetter ? .maximum : .minimum,
            threshold: isSmallerBetter ? best.value + slack : best.value - slack, value: value,
            reason: "best earlier run \(best.path) with max_regression=\(slack)")
        return Comparison(earlier: earlier, check: check)
    }

    private static func value(
        of metric: String, in record: MetricRecord, field: String, _ path: String
    ) throws(StageError) -> Double {
        if let value = record[metric] { return value }
        let hint = NearestName.hint(for: metric, among: record.names)
        throw StageError(
            .misuse,
            "parameter \(field): \(path) has no metric '\(metric)'\(hint); metrics: \(record.names.joined(separator: ", "))"
        )
    }

    private func result(_ record: MetricRecord, _ checks: [MetricCheck], _ comparison: Comparison?) -> JSONValue {
        var result: JSONObject = [
            "passed": true, "epoch": .int(record.epoch), "metrics": .object(record.values),
            "checks": .array(checks.map { .object($0.json) }),
        ]
        if let earlier = comparison?.earlier {
            result["baseline"] = earlier.best.map { .string($0.path) } ?? .null
            result["baseline_runs"] = .object(earlier.json)
        }
        return .object(result)
    }
}
