import PipelineCore

/// `summary.json`: what `train_model` leaves at its end, and what other runs are compared with.
struct TrainingSummary: Sendable, Hashable {
    static let fileName = "summary.json"

    /// `{dataset, synthetic, train_images, val_images, train_sha256, val_sha256}`: runs with other data cannot be
    /// compared.
    var dataset: JSONObject
    var model: String
    var parameters: JSONObject
    var epochs: Int
    /// The epoch whose weights are in `best.safetensors`.
    var best: MetricRecord

    var json: JSONValue {
        [
            "dataset": .object(dataset), "model": .string(model), "parameters": .object(parameters),
            "epochs": .int(epochs), "best_epoch": .int(best.epoch), "best": .object(best.values),
        ]
    }

    init(dataset: JSONObject, model: String, parameters: JSONObject, epochs: Int, best: MetricRecord) {
        self.dataset = dataset
        self.model = model
        self.parameters = parameters
        self.epochs = epochs
        self.best = best
    }

    init?(json: JSONValue) {
        guard let dataset = json["dataset"]?.objectValue, let model = json["model"]?.stringValue,
            let parameters = json["parameters"]?.objectValue, let epochs = json["epochs"]?.intValue,
            let bestEpoch = json["best_epoch"]?.intValue, let best = json["best"]?.objectValue
        else { return nil }
        self.init(
            dataset: dataset, model: model, parameters: parameters, epochs: epochs,
            best: MetricRecord(epoch: bestEpoch, values: best))
    }

    /// The summary at `path`; `nil` when there is none, or none that can be read.
    static func load(_ path: String) -> TrainingSummary? {
        guard let bytes = try? FileIO.read(path, limit: 1 << 20), let json = try? JSONValue.parse(utf8: bytes) else {
            return nil
        }
        return TrainingSummary(json: json)
    }
}
