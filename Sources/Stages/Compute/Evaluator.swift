import Glibc
import Tensor

/// Runs a model over labelled images and keeps what the metrics need.
struct Evaluator {
    /// Images between two looks at the request to end.
    private static let chunk = 256

    /// What a pass over the images gave.
    struct Outcome {
        /// Mean cross entropy in nats, without label smoothing.
        var loss: Double
        var confusion: ConfusionMatrix
        /// Share of images whose class is among the five most probable.
        var top5Accuracy: Double
        /// The first image with a score that is not finite.
        var notFinite: Int?
    }

    let label: String
    let cancellation: CancellationFlag
    let progress: any ProgressReporter

    /// - Parameter visit: called with each image's number and its probabilities, by class.
    func run(
        _ model: Model, _ set: ImageSet, count: Int,
        visit: (_ image: Int, _ probabilities: [Float]) -> Void = { _, _ in }
    ) throws(StageError) -> Outcome {
        var tally = Tally(classes: model.classes)
        for start in stride(from: 0, to: count, by: Self.chunk) {
            try cancellation.check()
            let images = start..<min(start + Self.chunk, count)
            let logits = try StageError.turning { () throws(TensorError) in try model.logits(set, indices: images) }
            for (position, image) in images.enumerated() {
                let scores = logits[position * model.classes..<(position + 1) * model.classes]
                let probabilities = Softmax.probabilities(scores)
                if tally.notFinite == nil, !scores.allSatisfy(\.isFinite) { tally.notFinite = image }
                tally.add(
                    probabilities, truth: Int(set.labels[image]), loss: Softmax.loss(scores, Int(set.labels[image])))
                visit(image, probabilities)
            }
            progress.position(ProgressPosition(label, completed: images.upperBound, total: count, unit: "images"))
        }
        return tally.outcome(count)
    }

    private struct Tally {
        var loss = 0.0
        var top5 = 0
        var notFinite: Int?
        var confusion: ConfusionMatrix

        init(classes: Int) { confusion = ConfusionMatrix(classes: classes) }

        mutating func add(_ probabilities: [Float], truth: Int, loss: Double) {
            self.loss += loss
            let best = TopClasses.of(probabilities, count: 5)
            confusion.add(truth: truth, prediction: best[0])
            if best.contains(truth) { top5 += 1 }
        }

        func outcome(_ count: Int) -> Outcome {
            let images = Double(max(count, 1))
            return Outcome(
                loss: loss / images, confusion: confusion, top5Accuracy: Double(top5) / images, notFinite: notFinite)
        }
    }
}

/// Class scores as probabilities, in double, with the largest score taken off first.
enum Softmax {
    static func probabilities(_ scores: ArraySlice<Float>) -> [Float] {
        let top = Double(scores.max() ?? 0)
        let weights = scores.map { exp(Double($0) - top) }
        let sum = weights.reduce(0, +)
        return weights.map { Float($0 / sum) }
    }

    /// Cross entropy of one image, in nats.
    static func loss(_ scores: ArraySlice<Float>, _ truth: Int) -> Double {
        let top = Double(scores.max() ?? 0)
        let sum = scores.reduce(0.0) { $0 + exp(Double($1) - top) }
        return log(sum) + top - Double(scores[scores.startIndex + truth])
    }
}

/// The most probable classes.
enum TopClasses {
    /// Most probable first; equal ones by class. What is not a number comes last.
    static func of(_ probabilities: [Float], count: Int) -> [Int] {
        var best: [Int] = []
        for label in probabilities.indices {
            let place = best.firstIndex { isBefore(probabilities[label], probabilities[$0]) } ?? best.count
            guard place < count else { continue }
            best.insert(label, at: place)
            if best.count > count { best.removeLast() }
        }
        return best
    }

    private static func isBefore(_ left: Float, _ right: Float) -> Bool { left > right || right.isNaN && !left.isNaN }
}
