import PipelineCore
import Tensor

/// The parameters of `train_model`, joined to what they mean.
struct TrainingOptions: Sendable {
    var data: String
    var out: String
    var initialWeights: String?
    var resume: String?
    var limit: Int?
    var validationLimit: Int?
    var logsSteps: Bool
    var checkpointSteps: Int
    var prefetches: Bool
    var model: Architecture.Name
    var epochs: Int
    var batchSize: Int
    var learningRate: Double
    var weightDecay: Double
    var labelSmoothing: Double
    var patience: Int
    var monitor: String
    var seed: UInt64
    var shuffles: Bool
    var augmentation: Augmentation
    var device: DeviceChoice
    var precision: Precision
    /// Everything that decides the bits of the result, for checkpoints and summaries.
    var recipe: JSONObject
    private var optimizerName: String
    private var scheduleName: String

    init(_ parameters: StageParameters) throws(StageError) {
        guard let model = Architecture.Name(rawValue: parameters.text("model")) else {
            preconditionFailure("the choices of model are the architectures' names")
        }
        data = parameters.text("data")
        out = parameters.text("out")
        initialWeights = parameters.optionalText("init")
        resume = parameters.optionalText("resume")
        limit = parameters.optionalInteger("limit")
        validationLimit = parameters.optionalInteger("val_limit")
        logsSteps = parameters.flag("log_steps")
        checkpointSteps = parameters.integer("checkpoint_steps")
        guard let prefetch = PrefetchChoice(rawValue: parameters.text("prefetch")) else {
            preconditionFailure("the choices of prefetch are those of PrefetchChoice")
        }
        self.model = model
        epochs = parameters.integer("epochs")
        batchSize = parameters.integer("batch_size")
        optimizerName = parameters.text("optimizer")
        scheduleName = parameters.text("schedule")
        let isSGD = optimizerName == "sgd"
        learningRate = parameters.optionalNumber("lr") ?? (isSGD ? 0.2 * Double(batchSize) / 256 : 0.001)
        weightDecay = parameters.optionalNumber("weight_decay") ?? (isSGD ? 5e-4 : 1e-2)
        labelSmoothing = parameters.number("label_smoothing")
        patience = parameters.integer("early_stopping_patience")
        monitor = parameters.text("monitor")
        seed = UInt64(parameters.integer("seed"))
        shuffles = parameters.flag("shuffle")
        augmentation = parameters.text("augment") == "standard" ? .standard : .none
        device = DeviceChoice(parameters)
        let cores = Device.availableCores
        prefetches = prefetch.isAhead(threads: device.threads ?? cores, cores: cores)
        precision = try PrecisionChoice.make(parameters.text("precision"), field: "parameter precision")
        recipe = [:]
        recipe = makeRecipe(parameters)
        try check(parameters)
    }

    private func check(_ parameters: StageParameters) throws(StageError) {
        if initialWeights != nil, resume != nil {
            throw StageError(.misuse, "parameters init and resume exclude each other: resume brings its own weights")
        }
    }

    private func makeRecipe(_ parameters: StageParameters) -> JSONObject {
        [
            "model": .string(model.rawValue), "epochs": .int(epochs), "batch_size": .int(batchSize),
            "lr": .double(learningRate), "optimizer": .string(optimizerName), "schedule": .string(scheduleName),
            "weight_decay": .double(weightDecay), "label_smoothing": .double(labelSmoothing),
            "augment": .string(parameters.text("augment")), "early_stopping_patience": .int(patience),
            "monitor": .string(monitor), "seed": .int(Int(seed)), "shuffle": .bool(shuffles),
            "precision": .string(precision.rawValue),
            "init": initialWeights.map { .string($0) } ?? .null,
        ]
    }

    var optimizer: Optimizer {
        let decay = Float(weightDecay)
        return optimizerName == "sgd" ? .sgd(weightDecay: decay) : .adamW(weightDecay: decay)
    }

    func schedule(stepsPerEpoch: Int) -> Schedule {
        let (peak, steps) = (Float(learningRate), stepsPerEpoch * epochs)
        return switch scheduleName {
        case "onecycle": .oneCycle(peak: peak, steps: steps)
        case "cosine": .cosine(peak: peak, steps: steps, warmup: steps / 20)
        case "step": .step(initial: peak, every: max(1, steps * 3 / 10), factor: 0.2)
        default: .constant(peak)
        }
    }

    /// What keeps a run with these options and `recipe` from taking up one that had `other`: the name that differs.
    /// More epochs are the same run where the learning rate does not depend on their number.
    func difference(of recipe: JSONObject, from other: JSONObject) -> String? {
        recipe.keys.first { name in
            guard recipe[name] != other[name] else { return false }
            let isLonger = (other["epochs"]?.intValue ?? .max) < epochs && scheduleName == "constant"
            return !(name == "epochs" && isLonger) && !(name == "init" && resume != nil)
        }
    }
}
