import PipelineCore
import Tensor

/// The checkpoints in a training's folder. The last weights and the optimizer's state are two files that belong
/// together; both carry the step, and the order of the renames leaves at least one pair whole at every moment.
struct TrainingFiles: Sendable {
    let folder: String

    var best: String { folder + "/best.safetensors" }
    var last: String { folder + "/last.safetensors" }
    var state: String { folder + "/last.optimizer.safetensors" }
    var metrics: String { folder + "/" + MetricsLog.fileName }
    var summary: String { folder + "/" + TrainingSummary.fileName }
    /// Weights whose state may have its name already.
    private var newLast: String { last + ".new" }
    private var newState: String { state + ".new" }

    private static let recipeKey = "recipe"
    private static let progressKey = "progress"
    private static let stepKey = "step"

    /// Removes what an earlier training left.
    func clear() throws(StageError) {
        for path in [summary, metrics, best, state, last, newState, newLast] { try FileIO.removeTree(path) }
    }

    func saveBest(_ model: Model, metadata: [String: String]) throws(StageError) {
        try saving { () throws(TensorError) in try Checkpoint.save(model, to: best, metadata: metadata) }
    }

    func saveLast(
        _ trainer: Trainer, _ progress: TrainingProgress, recipe: JSONObject, metadata: [String: String]
    ) throws(StageError) {
        let step = "\(trainer.stepCount)"
        let weightsMetadata = metadata.merging([Self.stepKey: step]) { $1 }
        let stateMetadata = [
            Self.recipeKey: JSONValue.object(recipe).serialized(), Self.progressKey: progress.json.serialized(),
        ]
        try saving { () throws(TensorError) in
            try Checkpoint.save(trainer.model, to: newLast, metadata: weightsMetadata)
            try Checkpoint.saveState(of: trainer, to: newState, metadata: stateMetadata)
        }
        try FileIO.move(newState, to: state)
        try FileIO.move(newLast, to: last)
    }

    private func saving(_ body: () throws(TensorError) -> Void) throws(StageError) {
        do { try body() } catch {
            throw StageError(
                .fileFailed,
                "the checkpoint cannot be saved; the one before it is whole: make room in \(folder) and continue with "
                    + "resume=\(folder)", cause: StageError(error))
        }
    }

    var canResume: Bool { FileIO.exists(state) && (FileIO.exists(last) || FileIO.exists(newLast)) }

    /// What the state file says of its run, read without its arrays' use.
    func savedRun() throws(StageError) -> (recipe: JSONObject, progress: TrainingProgress, step: String) {
        let metadata = try Self.metadata(of: state)
        guard let step = metadata[Self.stepKey],
            let recipe = metadata[Self.recipeKey].flatMap({ try? JSONValue.parse($0).objectValue }),
            let progress = metadata[Self.progressKey].flatMap({ try? JSONValue.parse($0) }).flatMap({
                TrainingProgress(json: $0)
            })
        else { throw StageError(.mismatch, "\(state): not a state that train_model wrote; remove it to start anew") }
        return (recipe, progress, step)
    }

    /// Fills the trainer and its model from the pair of files.
    func load(into trainer: Trainer, step: String) throws(StageError) {
        let weights = try weights(ofStep: step)
        try StageError.turning { () throws(TensorError) in
            try Checkpoint.load(into: trainer.model, from: weights)
            try Checkpoint.loadState(into: trainer, from: state)
        }
    }

    private func weights(ofStep step: String) throws(StageError) -> String {
        for path in [last, newLast] where FileIO.exists(path) {
            if try Self.metadata(of: path)[Self.stepKey] == step { return path }
        }
        throw StageError(.mismatch, "\(folder): no weights of step \(step), at which \(state) was written")
    }

    private static func metadata(of path: String) throws(StageError) -> [String: String] {
        let bytes = try FileIO.read(path, limit: 8 << 30)
        return try StageError.turning { () throws(TensorError) in try SafeTensors(decoding: bytes).metadata }
    }
}
