package import PipelineCore
import Tensor

/// Looks at test images with a trained model: the most probable classes of some, the confusions over all, and a picture
/// for people.
package struct InferStage: Stage {
    package init() {}

    package var name: String { "infer" }

    package var summary: String { "Predicts test images with a checkpoint and draws a contact sheet" }

    package var parameters: [StageParameter] {
        [
            .text("data", default: "data", help: "folder of fetch_data (its out=)"),
            .text("checkpoint", default: "out/best.safetensors", help: "safetensors file of train_model"),
            .text("out", default: "predictions", help: "folder that gets predictions.json and contact_sheet.png"),
            .text(
                "images", default: .null, help: "numbers of test images to show, as 0,7,12; left out: a drawn sample"),
            .integer("count", in: 1...400, default: 25, help: "images of the drawn sample"),
            .integer("seed", in: 0...Int(Int32.max), default: 0, help: "seed of the sample"),
            .integer(
                "limit", in: 1...10_000_000, default: .null, help: "test images to predict at most, from the start"),
        ] + DeviceChoice.parameters
    }

    package func run(_ context: StageContext) async throws -> JSONValue {
        let parameters = context.parameters
        let chosen = try ImageChoice(parameters)
        let set = try ImageDataset.load(.test, in: parameters.text("data"), limit: parameters.optionalInteger("limit"))
        let images = try chosen.images(of: set.count)
        let checkpoint = parameters.text("checkpoint")
        guard FileIO.exists(checkpoint) else {
            throw StageError(.fileFailed, "\(checkpoint): no such file; train_model writes it into its folder out=")
        }
        // Once, whatever devices are tried.
        let file = try StageError.turning { () throws(TensorError) in try SafeTensors(contentsOf: checkpoint) }
        let model = try DeviceChoice(parameters).make { (device) throws(TensorError) in
            try Checkpoint.model(of: file, path: checkpoint, device: device)
        }
        guard model.classes == set.format.classes else {
            throw StageError(
                .mismatch,
                "\(checkpoint) tells \(model.classes) classes apart, but \(set.format.name) has \(set.format.classes)")
        }
        let origin = CheckpointOrigin(path: checkpoint, metadata: file.metadata)
        origin.compare(with: set, context.progress)
        let report = try InferenceReport(model, origin, set, images, context)
        return try report.write(to: parameters.text("out"), context.tracking)
    }
}
