import PipelineCore
import Tensor

/// What a training reports for the record: its recipe, metrics by step and epoch, and its files.
///
/// Metrics of an epoch have the number of optimizer steps done as their step. Those of single steps have names of
/// their own, because both kinds have a learning rate.
struct TrainingReports {
    let tracking: StageTracking
    let stepsPerEpoch: Int

    func recipe(_ recipe: JSONObject, _ dataset: JSONObject) { tracking.params(recipe.merging(dataset)) }

    func epoch(_ record: MetricRecord) {
        tracking.metrics(record.values, step: record.epoch * stepsPerEpoch, epoch: record.epoch)
    }

    func step(_ number: Int, loss: Double, learningRate: Double) {
        tracking.metrics(["step_loss": .double(loss), "step_lr": .double(learningRate)], step: number)
    }

    /// Tells again what the log of a resumed run holds: whoever keeps record may have missed the end of it when the
    /// first process died.
    func earlier(log path: String) throws(StageError) {
        guard FileIO.exists(path) else { return }
        for line in try FileIO.readText(path, limit: 1 << 30).split(separator: "\n") {
            guard var object = try? JSONValue.parse(String(line)).objectValue else { continue }
            if let number = object["step"]?.intValue {
                step(number, loss: object["loss"]?.doubleValue ?? .nan, learningRate: object["lr"]?.doubleValue ?? .nan)
            } else if let epoch = object["epoch"]?.intValue {
                object["epoch"] = nil
                self.epoch(MetricRecord(epoch: epoch, values: object))
            }
        }
    }

    /// The files that there are by now.
    func files(_ files: TrainingFiles) throws(StageError) {
        try tracking.artifacts([files.best, files.last, files.metrics, files.summary].filter(FileIO.exists))
    }
}
