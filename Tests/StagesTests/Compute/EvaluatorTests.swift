import Testing

@testable import Stages

@Suite struct EvaluatorTests {
    /// e^0, e^1, e^2 over their sum, by hand.
    @Test func probabilitiesAreTheSoftmaxOfTheScores() {
        let sum = 1 + 2.718_281_828_459_045 + 7.389_056_098_930_65
        let found = Softmax.probabilities([100, 101, 102])
        for (value, weight) in zip(found, [1, 2.718_281_828_459_045, 7.389_056_098_930_65]) {
            #expect(abs(Double(value) - weight / sum) < 1e-7)
        }
        #expect(abs(Softmax.loss([0, 1, 2], 0) - 2.407_605_964_444_38) < 1e-12)
        #expect(Softmax.loss([.nan, 1, 2], 1).isNaN)
    }

    @Test(
        arguments: [
            ([0.1, 0.5, 0.2, 0.2], 3, [1, 2, 3]), ([0.25, 0.25], 5, [0, 1]), ([.nan, 0.3, 0.1], 2, [1, 2]),
        ] as [([Float], Int, [Int])])
    func theMostProbableClassesComeFirst(_ probabilities: [Float], _ count: Int, _ classes: [Int]) {
        #expect(TopClasses.of(probabilities, count: count) == classes)
    }
}
