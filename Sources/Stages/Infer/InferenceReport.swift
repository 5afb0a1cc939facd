import PipelineCore
import Tensor

/// What a model makes of a test set: the chosen images one by one, and the whole in numbers.
struct InferenceReport {
    /// Pairs of classes that are listed as the most confused.
    private static let mistakes = 10
    /// Images of the result that is handed on; the file has all.
    private static let shown = 5

    private let checkpoint: CheckpointOrigin
    private let set: ImageDataset
    private let outcome: Evaluator.Outcome
    private let predictions: [ImagePrediction]

    /// - Throws: ``StageError`` `notFinite` for a checkpoint that gives scores which are no numbers.
    init(
        _ model: Model, _ checkpoint: CheckpointOrigin, _ set: ImageDataset, _ images: [Int], _ context: StageContext
    ) throws(StageError) {
        (self.checkpoint, self.set) = (checkpoint, set)
        let evaluator = Evaluator(label: "predict", cancellation: context.cancellation, progress: context.progress)
        let wanted = Set(images)
        var found: [Int: ImagePrediction] = [:]
        outcome = try evaluator.run(model, try set.imageSet(), count: set.count) { image, probabilities in
            guard wanted.contains(image) else { return }
            found[image] = ImagePrediction(image: image, label: set.label(of: image), probabilities: probabilities)
        }
        if let image = outcome.notFinite {
            throw StageError(
                .notFinite,
                "\(checkpoint.path): the scores are not finite, first of image \(image); weights of the file "
                    + "are no numbers or too large; train again with a smaller lr=")
        }
        predictions = images.compactMap { found[$0] }
        for prediction in predictions.prefix(Self.shown) {
            context.progress.event("prediction", prediction.json(set.classNames))
        }
    }

    /// Writes `predictions.json` and `contact_sheet.png` and answers the stage's result.
    func write(to folder: String, _ tracking: StageTracking) throws(StageError) -> JSONValue {
        try FileIO.createDirectories(folder)
        let (jsonPath, sheetPath) = (folder + "/predictions.json", folder + "/contact_sheet.png")
        var document = summary
        document["checkpoint"] = .string(checkpoint.path)
        document["checkpoint_sha256"] = .string(try FileDigest.sha256(of: checkpoint.path))
        document["class_names"] = .array(set.classNames.map { .string($0) })
        document["predictions"] = .array(predictions.map { .object($0.json(set.classNames)) })
        document["confusion_matrix"] = outcome.confusion.json
        try FileIO.writeAtomically(JSONValue.object(document).serialized(.pretty) + "\n", to: jsonPath)
        let title =
            "\(set.format.name)\(set.isSynthetic == true ? " (synthetic)" : "")"
            + "\(checkpoint.isSynthetic == true && set.isSynthetic != true ? " (synthetic weights)" : "")  accuracy "
            + FixedPoint.text(100 * outcome.confusion.accuracy, digits: 1) + "%"
        let sheet = ContactSheet(title: title, set: set, predictions: predictions)
        try FileIO.writeAtomically(try PNGImage.encode(sheet.draw()), to: sheetPath)
        tracking.params(set.provenance.filter { $0.key == "dataset" || $0.key == "synthetic" })
        tracking.metrics(metrics)
        try tracking.artifacts([jsonPath, sheetPath])
        var result = summary
        result["predictions"] = .array(predictions.prefix(Self.shown).map { .object($0.json(set.classNames)) })
        result["predictions_file"] = .string(jsonPath)
        result["contact_sheet"] = .string(sheetPath)
        return .object(result)
    }

    private var metrics: JSONObject {
        let averages = outcome.confusion.macroAverages
        return [
            "accuracy": .double(outcome.confusion.accuracy), "top5_accuracy": .double(outcome.top5Accuracy),
            "loss": .double(outcome.loss), "precision": .double(averages.precision),
            "recall": .double(averages.recall), "f1_score": .double(averages.f1),
        ]
    }

    private var summary: JSONObject {
        self.set.provenance.merging(checkpoint.json).merging(metrics).merging([
            "most_confused": .array(
                outcome.confusion.mistakes(limit: Self.mistakes).map { mistake in
                    [
                        "label": .string(set.classNames[mistake.truth]),
                        "prediction": .string(set.classNames[mistake.prediction]), "count": .int(mistake.count),
                    ]
                })
        ])
    }
}
