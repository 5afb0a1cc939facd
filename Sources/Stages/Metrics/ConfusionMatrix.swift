package import PipelineCore

/// How often each class was taken for each class, and the metrics that follow from it.
package struct ConfusionMatrix: Sendable, Hashable {
    package let classes: Int
    /// Row: the true class; column: the predicted one.
    private var counts: [Int]

    package init(classes: Int) {
        self.classes = classes
        counts = [Int](repeating: 0, count: classes * classes)
    }

    /// Both labels are in `0..<classes`.
    package mutating func add(truth: Int, prediction: Int) {
        precondition((0..<classes).contains(truth) && (0..<classes).contains(prediction))
        counts[truth * classes + prediction] += 1
    }

    package func count(truth: Int, prediction: Int) -> Int { counts[truth * classes + prediction] }

    package var total: Int { counts.reduce(0, +) }

    private func truePositives(_ label: Int) -> Int { counts[label * classes + label] }
    private func support(_ label: Int) -> Int { counts[label * classes..<(label + 1) * classes].reduce(0, +) }
    private func predictions(_ label: Int) -> Int { (0..<classes).reduce(0) { $0 + counts[$1 * classes + label] } }

    /// Share of right predictions; 0 without any.
    package var accuracy: Double {
        Self.ratio((0..<classes).reduce(0) { $0 + truePositives($1) }, total)
    }

    /// Precision, recall and F1 averaged over classes without weights, as scikit-learn's
    /// `precision_recall_fscore_support(average="macro", zero_division=0)` defines them: over the classes that occur as
    /// truth or as prediction, a ratio with nothing below the line counting 0.
    package var macroAverages: (precision: Double, recall: Double, f1: Double) {
        let present = (0..<classes).filter { support($0) + predictions($0) > 0 }
        guard !present.isEmpty else { return (0, 0, 0) }
        var sums = (precision: 0.0, recall: 0.0, f1: 0.0)
        for label in present {
            let (hits, support, predicted) = (truePositives(label), support(label), predictions(label))
            sums.precision += Self.ratio(hits, predicted)
            sums.recall += Self.ratio(hits, support)
            sums.f1 += Self.ratio(2 * hits, support + predicted)
        }
        let count = Double(present.count)
        return (sums.precision / count, sums.recall / count, sums.f1 / count)
    }

    /// The most frequent mistakes, most frequent first; ties by class.
    package func mistakes(limit: Int) -> [(truth: Int, prediction: Int, count: Int)] {
        let wrong = (0..<classes * classes).filter { $0 / classes != $0 % classes && counts[$0] > 0 }
        return wrong.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(limit)
            .map { ($0 / classes, $0 % classes, counts[$0]) }
    }

    /// Rows of counts.
    package var json: JSONValue {
        .array((0..<classes).map { row in .array((0..<classes).map { .int(count(truth: row, prediction: $0)) }) })
    }

    private static func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
