package import PipelineCore
import Tensor

/// Trains a classifier on what `fetch_data` made, and keeps the best and the last weights.
package struct TrainModelStage: Stage {
    package init() {}

    package var name: String { "train_model" }

    package var summary: String { "Trains an image classifier on CIFAR-10, CIFAR-100 or a synthetic set" }

    package var parameters: [StageParameter] { Self.runParameters + Self.recipeParameters + DeviceChoice.parameters }

    private static var runParameters: [StageParameter] {
        [
            .text("data", default: "data", help: "folder of fetch_data (its out=)"),
            .text("out", default: "out", help: "folder that gets metrics.jsonl, summary.json and the checkpoints"),
            .text("init", default: .null, help: "safetensors file with weights to start from"),
            .text(
                "resume", default: .null,
                help: "folder of an interrupted run to continue, or auto: continue in out= if the run there is the same"
            ),
            .integer(
                "limit", in: 1...10_000_000, default: .null, help: "training images to use at most, from the start"),
            .integer("val_limit", in: 1...10_000_000, default: .null, help: "validation images to use at most"),
            .flag("log_steps", default: false, help: "also writes each step's loss and learning rate to metrics.jsonl"),
            .integer(
                "checkpoint_steps", in: 0...1_000_000, default: 0,
                help: "steps between checkpoints inside an epoch; 0: only at its end"),
            .choice(
                "prefetch", of: PrefetchChoice.names, default: "auto",
                help: "another thread gets the next batch ready; auto: where threads leave a core free; same result"),
        ]
    }

    private static var recipeParameters: [StageParameter] {
        [
            .choice("model", of: Architecture.Name.allCases.map(\.rawValue), default: "resnet18", help: "the network"),
            .integer("epochs", in: 1...100_000, default: 30, help: "passes over the training images"),
            .integer("batch_size", in: 1...65_536, default: 256, help: "images of a step"),
            .number(
                "lr", in: 0...1_000, default: .null,
                help: "peak learning rate; left out: 0.2 * batch_size / 256 for sgd, 0.001 for adamw"),
            .choice("optimizer", of: ["sgd", "adamw"], default: "sgd", help: "sgd has Nesterov momentum 0.9"),
            .choice(
                "schedule", of: ["onecycle", "cosine", "step", "constant"], default: "onecycle",
                help: "of the learning rate; cosine warms up for a twentieth, step divides by 5 after each 30 %"),
            .number(
                "weight_decay", in: 0...10, default: .null, help: "left out: 0.0005 for sgd, 0.01 for adamw"),
            .number("label_smoothing", in: 0...0.99, default: 0.1, help: "share of the target spread over all classes"),
            .choice("augment", of: ["standard", "none"], default: "standard", help: "standard: random crop and flip"),
            .integer(
                "early_stopping_patience", in: 0...100_000, default: 20,
                help: "epochs without a better monitor after which training ends; 0: never"),
            .choice(
                "monitor", of: EpochMetrics.monitors, default: "val_accuracy", help: "what makes an epoch the best"),
            .integer("seed", in: 0...Int(Int32.max), default: 0, help: "of weights, order and augmentation"),
            .flag("shuffle", default: true, help: "another order of the images in each epoch"),
            .choice("precision", of: PrecisionChoice.names, default: "f32", help: "of activations in training; weights and checkpoints stay f32"),
        ]
    }

    package func run(_ context: StageContext) async throws -> JSONValue {
        let options = try TrainingOptions(context.parameters)
        let train = try ImageDataset.load(.train, in: options.data, limit: options.limit)
        let validation = try ImageDataset.load(.test, in: options.data, limit: options.validationLimit)
        guard train.format == validation.format else {
            throw StageError(.mismatch, "\(options.data): training and test images are of different data sets")
        }
        return try TrainingRun(options, train: train, validation: validation, context: context).run()
    }
}
