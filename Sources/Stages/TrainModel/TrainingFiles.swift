import Glibc
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

    /// Keeps other trainings out of the folder for as long as it lives.
    /// - Throws: ``StageError`` `mismatch` while another training has it.
    func lock() throws(StageError) -> FileLock {
        guard let lock = try FileLock.take(folder + "/.train_model.lock") else {
            throw StageError(
                .mismatch,
                "parameter out: another train_model writes into \(folder) at this moment; wait for its end, or "
                    + "give another out=")
        }
        return lock
    }

    /// Removes halves of files that a training which was killed left, under the names `FILE.PID.tmp` and
    /// `FILE.tmp-PID`. Those of this process's number are written over.
    func removeTemporaries() throws(StageError) {
        let names = [summary, metrics, best, state, last, newState, newLast].map { FileIO.lastComponent(of: $0) }
        for name in try FileIO.names(in: folder) where names.contains(where: { Self.isTemporary(name, of: $0) }) {
            try FileIO.removeTree(folder + "/" + name)
        }
    }

    private static func isTemporary(_ name: String, of file: String) -> Bool {
        guard name.hasPrefix(file + ".") else { return false }
        let rest = name.dropFirst(file.count + 1)
        let number =
            rest.hasSuffix(".tmp") ? Int32(rest.dropLast(4)) : rest.hasPrefix("tmp-") ? Int32(rest.dropFirst(4)) : nil
        return number.map { $0 != getpid() } ?? false
    }

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

    /// What the log says of an epoch; `nil` where there is no log, or none that can be read: training goes on without.
    func record(ofEpoch epoch: Int) -> MetricRecord? {
        (try? MetricsLog.epochs(in: metrics))?.last { $0.epoch == epoch }
    }

    var canResume: Bool { FileIO.exists(state) && (FileIO.exists(last) || FileIO.exists(newLast)) }

    /// What the state file says of its run, read without its arrays' use.
    func savedRun() throws(StageError) -> (recipe: JSONObject, progress: TrainingProgress, step: String) {
        let metadata = try mendable { () throws(StageError) -> [String: String] in try Self.metadata(of: state) }
        guard let step = metadata[Self.stepKey],
            let recipe = metadata[Self.recipeKey].flatMap({ try? JSONValue.parse($0).objectValue }),
            let progress = metadata[Self.progressKey].flatMap({ try? JSONValue.parse($0) }).flatMap({
                TrainingProgress(json: $0)
            })
        else { throw StageError(.mismatch, "\(state): not a state that train_model wrote; remove it to start anew") }
        return (recipe, progress, step)
    }

    /// Adds to an error of a file how the training can go on.
    private func mendable<Result>(_ body: () throws(StageError) -> Result) throws(StageError) -> Result {
        do { return try body() } catch {
            guard error.code == .corruptData else { throw error }
            throw StageError(
                .corruptData,
                "\(error.message); remove \(last) and \(state) to start anew, or give another out= with init=\(best)")
        }
    }

    /// Fills the trainer and its model from the pair of files.
    func load(into trainer: Trainer, step: String) throws(StageError) {
        let weights = try mendable { () throws(StageError) -> String in try self.weights(ofStep: step) }
        try StageError.turning { () throws(TensorError) in
            try Checkpoint.load(into: trainer.model, from: weights)
            try Checkpoint.loadState(into: trainer, from: state)
        }
    }

    private func weights(ofStep step: String) throws(StageError) -> String {
        var damage: StageError?
        for path in [last, newLast] where FileIO.exists(path) {
            do { if try Self.metadata(of: path)[Self.stepKey] == step { return path } } catch {
                damage = damage ?? error
            }
        }
        if let damage { throw damage }
        throw StageError(.mismatch, "\(folder): no weights of step \(step), at which \(state) was written")
    }

    private static func metadata(of path: String) throws(StageError) -> [String: String] {
        try StageError.turning { () throws(TensorError) in try SafeTensors(contentsOf: path).metadata }
    }
}
