import Tensor

/// What `pipeline benchmark` measures.
package struct BenchmarkOptions: Sendable {
    package var model: String
    package var classes: Int
    package var batch: Int
    /// Steps that count, after those that warm up.
    package var steps: Int
    package var warmup: Int
    package var threads: Int?
    package var device: String
    package var precision: String

    package static let models = Architecture.Name.allCases.map(\.rawValue)

    package init(
        model: String, classes: Int, batch: Int, steps: Int, warmup: Int, threads: Int?, device: String,
        precision: String
    ) {
        self.model = model
        self.classes = classes
        self.batch = batch
        self.steps = steps
        self.warmup = warmup
        self.threads = threads
        self.device = device
        self.precision = precision
    }

    /// - Throws: ``StageError`` `misuse` with the option's name and what is allowed.
    func check() throws(StageError) {
        guard Self.models.contains(model) else {
            let hint = NearestName.hint(for: model, among: Self.models)
            throw StageError(
                .misuse, "--model '\(model)' is unknown, give one of \(Self.models.joined(separator: ", "))\(hint)")
        }
        try Self.check("--classes", classes, 2...100_000)
        try Self.check("--batch", batch, 1...65_536)
        try Self.check("--steps", steps, 1...1_000_000)
        try Self.check("--warmup", warmup, 0...1_000_000)
        if let threads { try Self.check("--threads", threads, 1...256) }
        guard DeviceChoice.names.contains(device) else {
            throw StageError(.misuse, "--device '\(device)' is unknown, give auto, cpu or cuda")
        }
        _ = try PrecisionChoice.make(precision, field: "--precision")
    }

    private static func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(StageError) {
        guard range.contains(value) else {
            throw StageError(
                .misuse, "\(name) \(value) is not allowed, give \(range.lowerBound) to \(range.upperBound)")
        }
    }

    /// A fresh model on the chosen device.
    func makeModel() throws(StageError) -> Model {
        guard let name = Architecture.Name(rawValue: model) else { preconditionFailure("the name was checked") }
        let choice = DeviceChoice(name: device, threads: threads)
        return try choice.make { (device) throws(TensorError) in
            try Model(architecture: Architecture(name, classes: classes), seed: 0, device: device)
        }
    }

    /// Made-up images, enough for a few different batches.
    func makeImages() throws(StageError) -> ImageSet {
        var random = StageRandom(seed: 0, 6)
        let count = min(4 * batch, max(batch, 1_024))
        let labelBytes = 2
        let rowBytes = labelBytes + CIFARFormat.pixelBytes
        var rows = [UInt8](repeating: 0, count: count * rowBytes)
        // A set of rows has labels of one byte; more classes than that differ in the network only.
        for image in 0..<count {
            rows[image * rowBytes + 1] = UInt8(image % min(classes, 256))
            for byte in labelBytes..<rowBytes {
                rows[image * rowBytes + byte] = UInt8(truncatingIfNeeded: random.next())
            }
        }
        let all = rows
        return try StageError.turning { () throws(TensorError) in
            try ImageSet(
                rows: all, rowBytes: rowBytes, labelOffset: 1, pixelOffset: labelBytes, classes: min(classes, 256))
        }
    }
}
