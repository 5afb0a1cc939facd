import PipelineCore

/// Where a training stands: with the weights and the optimizer's arrays, all that a resumed run needs to end with the
/// same bits. Order and augmentation follow from the seed and these numbers.
struct TrainingProgress: Sendable, Hashable {
    /// Epochs done, validation included.
    var epoch = 0
    /// Batches done of the epoch after these.
    var batch = 0
    /// Sum over the images of that epoch so far.
    var lossSum = 0.0
    var images = 0
    /// The best epoch so far, counted from 1, and its metrics.
    var best: MetricRecord?
    /// Epochs since.
    var staleEpochs = 0
    /// Early stopping has ended the training.
    var isStopped = false

    /// Takes an epoch's metrics and says whether it is the best so far.
    mutating func finishEpoch(_ record: MetricRecord, monitor: String, patience: Int) -> Bool {
        (epoch, batch, lossSum, images) = (record.epoch, 0, 0, 0)
        let value = record[monitor] ?? .nan
        let isBest = best.map { MetricRecord.isBetter(value, than: $0[monitor] ?? .nan, metric: monitor) } ?? true
        if isBest { best = record }
        staleEpochs = isBest ? 0 : staleEpochs + 1
        isStopped = patience > 0 && staleEpochs >= patience
        return isBest
    }

    var json: JSONValue {
        [
            "epoch": .int(epoch), "batch": .int(batch), "loss_sum": .double(lossSum), "images": .int(images),
            "best_epoch": best.map { .int($0.epoch) } ?? .null, "best": best.map { .object($0.withoutTimes) } ?? .null,
            "stale_epochs": .int(staleEpochs), "stopped": .bool(isStopped),
        ]
    }

    init() {}

    init?(json: JSONValue) {
        guard let epoch = json["epoch"]?.intValue, let batch = json["batch"]?.intValue,
            let lossSum = json["loss_sum"]?.doubleValue, let images = json["images"]?.intValue,
            let staleEpochs = json["stale_epochs"]?.intValue, let isStopped = json["stopped"]?.boolValue
        else { return nil }
        (self.epoch, self.batch, self.lossSum, self.images) = (epoch, batch, lossSum, images)
        (self.staleEpochs, self.isStopped) = (staleEpochs, isStopped)
        if let bestEpoch = json["best_epoch"]?.intValue, let values = json["best"]?.objectValue {
            best = MetricRecord(epoch: bestEpoch, values: values)
        }
    }
}
