package import PipelineCore
import Tensor

/// Measures training or inference on made-up images: what a machine does with a model.
package struct Benchmark {
    package enum Kind: String, Sendable { case train, infer }

    let kind: Kind
    let options: BenchmarkOptions
    private var wall = Measurements()
    private var processor = Measurements()
    private var startSeconds: Double?
    private var startProcessorSeconds = 0.0

    package init(_ kind: Kind, _ options: BenchmarkOptions) {
        self.kind = kind
        self.options = options
    }

    /// Runs and answers the figures.
    /// - Throws: ``StageError`` for options that are not allowed or a device that is not there.
    package mutating func run() throws(StageError) -> JSONObject {
        try options.check()
        guard kind == .train || options.precision == Precision.float32.rawValue else {
            throw StageError(.misuse, "--precision \(options.precision) is for training; inference computes in f32")
        }
        let model = try options.makeModel()
        let images = try options.makeImages()
        var extra: JSONObject = [:]
        let size = options.batch
        switch kind {
        case .train:
            let trainer = try makeTrainer(model)
            extra["training_memory_bytes"] = .int(trainer.arenaBytes)
            try measure { (step) throws(TensorError) in
                _ = try trainer.step(images, indices: Self.batch(step, of: images, size).map(Int32.init))
            }
        case .infer:
            try measure { (step) throws(TensorError) in
                _ = try model.logits(images, indices: Self.batch(step, of: images, size))
            }
        }
        return report(model).merging(extra)
    }

    private func makeTrainer(_ model: Model) throws(StageError) -> Trainer {
        let precision = try PrecisionChoice.make(options.precision, field: "--precision")
        do throws(TensorError) {
            return try Trainer(
                model, optimizer: .sgd(weightDecay: 5e-4), schedule: .constant(0.01), batchSize: options.batch,
                augmentation: .standard, precision: precision)
        } catch {
            throw StageError(error, memoryAdvice: "give a smaller --batch than \(options.batch)")
        }
    }

    private static func batch(_ step: Int, of images: ImageSet, _ size: Int) -> Range<Int> {
        let start = step % (images.count / size) * size
        return start..<start + size
    }

    private mutating func measure(_ body: (Int) throws(TensorError) -> Void) throws(StageError) {
        startSeconds = ProcessUsage.secondsSinceStart()
        startProcessorSeconds = ProcessUsage.now().processorSeconds
        for step in 0..<options.warmup + options.steps {
            let (start, used) = (ContinuousClock.now, ProcessUsage.now().processorSeconds)
            try StageError.turning { () throws(TensorError) in try body(step) }
            guard step >= options.warmup else { continue }
            processor.add(ProcessUsage.now().processorSeconds - used)
            wall.add((ContinuousClock.now - start) / .seconds(1))
        }
    }

    private func report(_ model: Model) -> JSONObject {
        [
            "benchmark": .string(kind.rawValue), "model": .string(options.model),
            "parameters": .int(model.parameterCount), "classes": .int(options.classes),
            "batch": .int(options.batch), "steps": .int(options.steps), "warmup": .int(options.warmup),
            "threads": .int(options.threads ?? Device.availableCores), "device": .string(model.deviceName),
            "precision": .string(options.precision), "wall_seconds": wall.json, "cpu_seconds": processor.json,
            "images_per_second": .double(Double(options.batch) / wall.median),
            "images_per_cpu_second": .double(Double(options.batch) / processor.median),
            "peak_rss_bytes": .int(ProcessUsage.now().peakResidentBytes),
            "start_to_first_step_seconds": startSeconds.map { .double($0) } ?? .null,
            "start_to_first_step_cpu_seconds": .double(startProcessorSeconds),
        ]
    }
}
