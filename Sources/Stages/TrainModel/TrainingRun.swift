import PipelineCore
import Tensor

/// One training from its first, or resumed, step to its end. Not for use by two tasks at once.
final class TrainingRun {
    let options: TrainingOptions
    let context: StageContext
    let files: TrainingFiles
    let train: ImageDataset
    let validation: ImageDataset
    private let trainSet: ImageSet
    private let validationSet: ImageSet
    /// What other trainings must have in common to be comparable.
    private let dataset: JSONObject
    private let order: BatchOrder
    private let model: Model
    private let trainer: Trainer
    private let loader: BatchLoader
    private var progress = TrainingProgress()
    private var log: MetricsWriter
    private let reports: TrainingReports
    private let lock: FileLock

    init(
        _ options: TrainingOptions, train: ImageDataset, validation: ImageDataset, context: StageContext
    ) throws(StageError) {
        (self.options, self.context, self.train, self.validation) = (options, context, train, validation)
        files = TrainingFiles(folder: options.out)
        trainSet = try train.imageSet()
        validationSet = try validation.imageSet()
        order = BatchOrder(
            count: trainSet.count, batchSize: options.batchSize, seed: options.seed, shuffles: options.shuffles)
        let architecture = Architecture(options.model, classes: train.format.classes)
        reports = TrainingReports(tracking: context.tracking, stepsPerEpoch: order.batchesPerEpoch)
        model = try options.device.make { (device) throws(TensorError) in
            try Model(
                architecture: architecture, seed: options.seed, normalization: train.normalization, device: device)
        }
        trainer = try Self.makeTrainer(model, options, stepsPerEpoch: order.batchesPerEpoch)
        try FileIO.createDirectories(options.out)
        lock = try files.lock()
        lock.tell(context.progress)
        try files.removeTemporaries()
        dataset = Self.dataset(train, validation)
        let recipe = options.recipe.merging(["dataset": .object(dataset)])
        (progress, log) = try Self.begin(options, recipe, files, trainer, context)
        loader = try Self.makeLoader(trainSet, order, trainer, options)
        reports.recipe(options.recipe, dataset)
        try reports.earlier(log: files.metrics)
    }

    private static func makeTrainer(
        _ model: Model, _ options: TrainingOptions, stepsPerEpoch: Int
    ) throws(StageError) -> Trainer {
        do throws(TensorError) {
            if let path = options.initialWeights { try Checkpoint.load(into: model, from: path) }
            return try Trainer(
                model, optimizer: options.optimizer, schedule: options.schedule(stepsPerEpoch: stepsPerEpoch),
                labelSmoothing: Float(options.labelSmoothing), batchSize: options.batchSize,
                augmentation: options.augmentation, seed: options.seed, precision: options.precision)
        } catch {
            throw StageError(error, memoryAdvice: "give a smaller batch_size= than \(options.batchSize)")
        }
    }

    /// From where the trainer stands, after an earlier run was taken up.
    private static func makeLoader(
        _ set: ImageSet, _ order: BatchOrder, _ trainer: Trainer, _ options: TrainingOptions
    ) throws(StageError) -> BatchLoader {
        try StageError.turning { () throws(TensorError) in
            try BatchLoader(
                set, order, for: trainer, end: order.batchesPerEpoch * options.epochs, isAhead: options.prefetches)
        }
    }

    /// Takes up an earlier run, or clears the folder for a new one.
    private static func begin(
        _ options: TrainingOptions, _ recipe: JSONObject, _ files: TrainingFiles, _ trainer: Trainer,
        _ context: StageContext
    ) throws(StageError) -> (TrainingProgress, MetricsWriter) {
        guard let source = try resumeSource(options, recipe, files, context) else {
            try files.clear()
            let progress = TrainingProgress()
            return (progress, try MetricsWriter(files.metrics, logsSteps: options.logsSteps, at: progress, step: 0))
        }
        var (_, progress, step) = try source.savedRun()
        try source.load(into: trainer, step: step)
        // The state leaves times out, so that equal trainings have equal states; the log has them.
        if let best = progress.best, let logged = source.record(ofEpoch: best.epoch) { progress.best = logged }
        if source.folder != files.folder, FileIO.exists(source.best) {
            try FileIO.writeAtomically(try FileIO.read(source.best, limit: 8 << 30), to: files.best)
        }
        context.progress.event(
            "resumed", ["from": .string(source.folder), "epoch": .int(progress.epoch), "step": .int(trainer.stepCount)])
        let log = try MetricsWriter(
            files.metrics, logsSteps: options.logsSteps, continuing: source.metrics, at: progress,
            step: trainer.stepCount)
        return (progress, log)
    }

    /// The folder to continue from; `nil` to start anew.
    private static func resumeSource(
        _ options: TrainingOptions, _ recipe: JSONObject, _ files: TrainingFiles, _ context: StageContext
    ) throws(StageError) -> TrainingFiles? {
        guard let resume = options.resume else { return nil }
        let isAutomatic = resume == "auto"
        let source = isAutomatic ? files : TrainingFiles(folder: resume)
        guard source.canResume else {
            if isAutomatic { return nil }
            throw StageError(
                .fileFailed, "parameter resume: \(resume) holds no last.safetensors with its optimizer's state")
        }
        guard let reason = try difference(options, recipe, from: source, context) else { return source }
        guard isAutomatic else {
            throw StageError(.mismatch, "parameter resume: \(reason); give the same, or start anew without resume")
        }
        context.progress.event("not_resumed", ["reason": .string(reason)])
        return nil
    }

    /// Why the run in `source` cannot be taken up; `nil` when it can.
    private static func difference(
        _ options: TrainingOptions, _ recipe: JSONObject, from source: TrainingFiles, _ context: StageContext
    ) throws(StageError) -> String? {
        var earlier = try source.savedRun().recipe
        let (own, other) = (recipe["dataset"]?.objectValue ?? [:], earlier["dataset"]?.objectValue ?? [:])
        switch DataIdentity.match(own, other) {
        case .same: break
        case .different:
            let member = DataIdentity.difference(own, other).map { " (\($0) differs)" } ?? ""
            return "the run in \(source.folder) was trained on other data\(member)"
        case .unverified:
            context.progress.event(
                "data_unverified",
                [
                    "path": .string(source.state),
                    "reason": "the checkpoint is of a version that kept no check sums of its data",
                ])
            earlier["dataset"] = recipe["dataset"]
        }
        return options.difference(of: recipe, from: earlier).map {
            "the run in \(source.folder) has another value of \($0)"
        }
    }

    /// Trains to the end and answers the result.
    func run() throws(StageError) -> JSONValue {
        announce()
        do {
            while progress.epoch < options.epochs, !progress.isStopped { try runEpoch() }
        } catch  where error.code == .cancelled {
            try saveLast()
            try reports.files(files)
            throw StageError(
                .cancelled,
                "ended on request in epoch \(progress.epoch + 1) after step \(trainer.stepCount); the checkpoint is "
                    + "written, resume=\(options.out) continues")
        }
        return try finish()
    }

    private func announce() {
        var fields = train.provenance
        fields["model"] = .string(options.model.rawValue)
        fields["parameters"] = .int(model.parameterCount)
        fields["device"] = .string(model.deviceName)
        fields["batches_per_epoch"] = .int(order.batchesPerEpoch)
        fields["training_memory_bytes"] = .int(trainer.arenaBytes)
        context.progress.event("training", fields)
    }

    private func runEpoch() throws(StageError) {
        let (start, startImages) = (context.clock.uptime(), progress.images)
        while progress.batch < order.batchesPerEpoch { try runBatch() }
        let seconds = (context.clock.uptime() - start).inSeconds
        let outcome = try evaluate()
        let metrics = EpochMetrics(
            epoch: progress.epoch + 1, trainLoss: progress.lossSum / Double(max(progress.images, 1)),
            validationLoss: outcome.loss, confusion: outcome.confusion,
            learningRate: Double(trainer.schedule.learningRate(at: trainer.stepCount - 1)),
            imagesPerSecond: seconds > 0 ? Double(progress.images - startImages) / seconds : 0)
        try finishEpoch(metrics.record)
    }

    private func runBatch() throws(StageError) {
        try context.cancellation.check()
        let (result, count) = try step()
        progress.batch += 1
        progress.images += count
        progress.lossSum += Double(result.loss) * Double(count)
        try log.write(result)
        report(result)
        if options.checkpointSteps > 0, trainer.stepCount % options.checkpointSteps == 0 { try saveLast() }
    }

    /// The next batch's step, and its number of images.
    private func step() throws(StageError) -> (Trainer.StepResult, Int) {
        do {
            guard let batch = try loader.nextBatch() else { preconditionFailure("the loader ends with the last epoch") }
            return (try trainer.step(batch), batch.count)
        } catch {
            guard error.code == .nonFiniteLoss else { throw StageError(error) }
            throw StageError(
                .notFinite,
                "epoch \(progress.epoch + 1), step \(trainer.stepCount): the loss is not finite any more (learning rate "
                    + "\(trainer.schedule.learningRate(at: trainer.stepCount))); give a smaller lr=\(whatIsLeft)",
                cause: error)
        }
    }

    /// For errors: what a training that cannot go on leaves behind.
    private var whatIsLeft: String {
        files.canResume
            ? "; the files in \(options.out) are of the last good checkpoint" : "; there is no checkpoint yet"
    }

    private func report(_ result: Trainer.StepResult) {
        if options.logsSteps {
            reports.step(result.step, loss: Double(result.loss), learningRate: Double(result.learningRate))
            context.progress.event(
                "step",
                [
                    "step": .int(result.step), "loss": .double(Double(result.loss)),
                    "lr": .double(Double(result.learningRate)),
                ])
        }
        context.progress.position(
            ProgressPosition(
                "epoch \(progress.epoch + 1)/\(options.epochs)", completed: progress.batch,
                total: order.batchesPerEpoch,
                unit: "steps", detail: "loss \(FixedPoint.text(progress.lossSum / Double(progress.images), digits: 4))")
        )
    }

    private func evaluate() throws(StageError) -> Evaluator.Outcome {
        let evaluator = Evaluator(
            label: "validation", cancellation: context.cancellation, progress: context.progress)
        let outcome = try evaluator.run(model, validationSet, count: validationSet.count)
        guard outcome.loss.isFinite else {
            throw StageError(
                .notFinite,
                "epoch \(progress.epoch + 1), after step \(trainer.stepCount): the validation loss is "
                    + "\(FixedPoint.text(outcome.loss, digits: 4)); give a smaller lr=\(whatIsLeft)")
        }
        return outcome
    }

    private func finishEpoch(_ record: MetricRecord) throws(StageError) {
        let isBest = progress.finishEpoch(record, monitor: options.monitor, patience: options.patience)
        if isBest { try files.saveBest(model, metadata: metadata(epoch: record.epoch)) }
        // The log before the state: what is done again after a crash is cut off the log, what is missing stays missing.
        try log.write(record)
        try saveLast()
        reports.epoch(record)
        let head: JSONObject = ["epoch": .int(record.epoch), "epochs": .int(options.epochs)]
        context.progress.event("epoch", head.merging(record.values).merging(["best": .bool(isBest)]))
        if progress.isStopped {
            context.progress.event(
                "early_stopping", ["monitor": .string(options.monitor), "patience": .int(options.patience)])
        }
    }

    private func saveLast() throws(StageError) {
        try files.saveLast(trainer, progress, recipe: recipe, metadata: metadata(epoch: progress.epoch))
    }

    /// The data belong to what a resumed run must have in common.
    private var recipe: JSONObject { options.recipe.merging(["dataset": .object(dataset)]) }

    private static func dataset(_ train: ImageDataset, _ validation: ImageDataset) -> JSONObject {
        [
            "dataset": .string(train.format.name), "synthetic": train.isSynthetic.map { .bool($0) } ?? .null,
            "train_images": .int(train.count), "val_images": .int(validation.count),
            "train_sha256": .string(FileDigest.sha256(ofBytes: train.rows)),
            "val_sha256": .string(FileDigest.sha256(ofBytes: validation.rows)),
        ]
    }

    private func metadata(epoch: Int) -> [String: String] {
        [
            "epoch": "\(epoch)", "dataset": train.format.name,
            "synthetic": train.isSynthetic.map { "\($0)" } ?? "unknown",
            "class_names": JSONValue.array(train.classNames.map { .string($0) }).serialized(),
        ]
    }

    private func finish() throws(StageError) -> JSONValue {
        guard let best = progress.best else { preconditionFailure("a training has at least one epoch") }
        let summary = TrainingSummary(
            dataset: dataset, model: options.model.rawValue, parameters: options.recipe, epochs: progress.epoch,
            best: best)
        try FileIO.writeAtomically(summary.json.serialized(.pretty) + "\n", to: files.summary)
        try reports.files(files)
        var result = dataset
        result["model"] = .string(options.model.rawValue)
        result["device"] = .string(model.deviceName)
        result["epochs"] = .int(progress.epoch)
        result["stopped_early"] = .bool(progress.isStopped)
        result["out"] = .string(options.out)
        result["checkpoint"] = .string(files.best)
        result["best_epoch"] = .int(best.epoch)
        result["metrics"] = .object(best.values)
        result["parameters"] = .object(options.recipe)
        result["sha256"] = .string(try FileDigest.sha256(of: files.best))
        return .object(result)
    }
}
