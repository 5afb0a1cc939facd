import PipelineCore
import Tensor

/// Writes `metrics.jsonl` line by line.
struct MetricsWriter {
    private let writer: FileWriter
    private let logsSteps: Bool

    /// Begins the file with the lines of `earlier` that lie before `progress`: what a resumed run does again is not
    /// kept twice.
    init(
        _ path: String, logsSteps: Bool, continuing earlier: String? = nil, at progress: TrainingProgress, step: Int
    ) throws(StageError) {
        let kept =
            try earlier.map { (path) throws(StageError) in try Self.lines(of: path, before: progress, step) } ?? ""
        writer = try FileWriter(path)
        self.logsSteps = logsSteps
        try writer.write(Array(kept.utf8))
    }

    private static func lines(of path: String, before progress: TrainingProgress, _ step: Int) throws(StageError)
        -> String
    {
        guard FileIO.exists(path) else { return "" }
        let lines = try FileIO.readText(path, limit: 1 << 30).split(separator: "\n").filter { line in
            guard let object = try? JSONValue.parse(String(line)) else { return false }
            if let number = object["step"]?.intValue { return number < step }
            return object["epoch"]?.intValue.map { $0 <= progress.epoch } ?? false
        }
        return lines.map { $0 + "\n" }.joined()
    }

    func write(_ record: MetricRecord) throws(StageError) {
        let line: JSONObject = ["epoch": .int(record.epoch)]
        try write(line.merging(record.values))
        try writer.finish()
    }

    func write(_ step: Trainer.StepResult) throws(StageError) {
        guard logsSteps else { return }
        try write([
            "step": .int(step.step), "loss": .double(Double(step.loss)), "lr": .double(Double(step.learningRate)),
        ])
    }

    private func write(_ line: JSONObject) throws(StageError) {
        try writer.write(Array((JSONValue.object(line).serialized(.python) + "\n").utf8))
    }
}
