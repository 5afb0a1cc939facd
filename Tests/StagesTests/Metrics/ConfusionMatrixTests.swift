import PipelineCore
import Testing

@testable import Stages

@Suite struct ConfusionMatrixTests {
    private func matrix(_ classes: Int, _ pairs: [(Int, Int)]) -> ConfusionMatrix {
        var matrix = ConfusionMatrix(classes: classes)
        for (truth, prediction) in pairs { matrix.add(truth: truth, prediction: prediction) }
        return matrix
    }

    /// Truth 0 0 0 1 1 2, prediction 0 0 1 1 2 2, by hand: precision (1 + 1/2 + 1/2)/3, recall (2/3 + 1/2 + 1)/3,
    /// F1 (4/5 + 1/2 + 2/3)/3.
    @Test func macroAveragesOfThreeClasses() {
        let matrix = matrix(3, [(0, 0), (0, 0), (0, 1), (1, 1), (1, 2), (2, 2)])
        let averages = matrix.macroAverages
        #expect(abs(matrix.accuracy - 4.0 / 6) < 1e-15)
        #expect(abs(averages.precision - 2.0 / 3) < 1e-15)
        #expect(abs(averages.recall - 13.0 / 18) < 1e-15)
        #expect(abs(averages.f1 - 59.0 / 90) < 1e-15)
    }

    /// Class 2 is only predicted (precision 0, recall counted 0), class 3 only true, class 4 neither: it does not
    /// count.
    @Test func classesWithoutTruthOrPredictionCountAsScikitLearnCountsThem() {
        let matrix = matrix(5, [(0, 0), (1, 2), (3, 1), (0, 0)])
        let averages = matrix.macroAverages
        #expect(averages.precision == 0.25 && averages.recall == 0.25 && averages.f1 == 0.25)
        #expect(matrix.accuracy == 0.5)
    }

    /// Recorded by scripts/make-metrics-golden.py.
    @Test func averagesAreThoseOfScikitLearn() throws {
        let tests = FileIO.parent(of: FileIO.parent(of: FileIO.parent(of: #filePath)))
        let cases = try JSONValue.parse(FileIO.readText(tests + "/Fixtures/metrics/macro.json")).arrayValue ?? []
        #expect(cases.count == 24)
        for (number, recorded) in cases.enumerated() {
            func integers(_ name: String) -> [Int] { (recorded[name]?.arrayValue ?? []).compactMap(\.intValue) }
            func isEqual(_ value: Double, _ name: String) -> Bool {
                abs(value - (recorded[name]?.doubleValue ?? .infinity)) < 1e-14
            }
            let pairs = Array(zip(integers("truth"), integers("prediction")))
            let matrix = matrix(recorded["classes"]?.intValue ?? 0, pairs)
            let averages = matrix.macroAverages
            #expect(isEqual(matrix.accuracy, "accuracy") && isEqual(averages.precision, "precision"), "case \(number)")
            #expect(isEqual(averages.recall, "recall") && isEqual(averages.f1, "f1"), "case \(number)")
        }
    }

    @Test func nothingGivesZero() {
        let averages = ConfusionMatrix(classes: 3).macroAverages
        #expect(averages.precision == 0 && averages.recall == 0 && averages.f1 == 0)
        #expect(ConfusionMatrix(classes: 3).accuracy == 0)
    }

    @Test func mistakesComeMostFrequentFirst() {
        let matrix = matrix(3, [(0, 1), (2, 1), (2, 1), (0, 0), (1, 0), (0, 2)])
        let mistakes = matrix.mistakes(limit: 3)
        #expect(mistakes.map(\.truth) == [2, 0, 0] && mistakes.map(\.prediction) == [1, 1, 2])
        #expect(mistakes.map(\.count) == [2, 1, 1])
        #expect(matrix.json == [[1, 1, 1], [1, 0, 0], [0, 2, 0]])
    }
}
