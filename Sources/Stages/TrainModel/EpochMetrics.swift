import PipelineCore

/// What is measured in each epoch.
struct EpochMetrics: Sendable, Hashable {
    /// The metrics that may decide which epoch is the best.
    static let monitors = ["val_accuracy", "val_loss", "val_precision", "val_recall", "val_f1_score"]

    /// Counted from 1.
    var epoch: Int
    /// Mean over the epoch's images, with label smoothing and augmentation.
    var trainLoss: Double
    /// Mean over the validation images, without either.
    var validationLoss: Double
    var confusion: ConfusionMatrix
    var learningRate: Double
    /// Training images in each second of training.
    var imagesPerSecond: Double

    var record: MetricRecord {
        let averages = confusion.macroAverages
        return MetricRecord(
            epoch: epoch,
            values: [
                "train_loss": .double(trainLoss), "val_loss": .double(validationLoss),
                "val_accuracy": .double(confusion.accuracy), "val_precision": .double(averages.precision),
                "val_recall": .double(averages.recall), "val_f1_score": .double(averages.f1),
                "lr": .double(learningRate), MetricRecord.speed: .double(imagesPerSecond),
            ])
    }
}
