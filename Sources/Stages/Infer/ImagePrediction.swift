import PipelineCore

/// What a model says about one image.
struct ImagePrediction: Sendable, Hashable {
    /// Its number in the test set.
    var image: Int
    /// Its true class.
    var label: Int
    /// The five most probable classes, most probable first.
    var top: [Guess]

    struct Guess: Sendable, Hashable {
        var label: Int
        var probability: Float
    }

    init(image: Int, label: Int, probabilities: [Float]) {
        self.image = image
        self.label = label
        top = TopClasses.of(probabilities, count: 5).map { Guess(label: $0, probability: probabilities[$0]) }
    }

    var isCorrect: Bool { top.first?.label == label }

    func json(_ names: [String]) -> JSONObject {
        [
            "image": .int(image), "label": .int(label), "label_name": .string(names[label]),
            "correct": .bool(isCorrect),
            "top5": .array(
                top.map { guess in
                    [
                        "label": .int(guess.label), "name": .string(names[guess.label]),
                        "probability": .double(Double(guess.probability)),
                    ]
                }),
        ]
    }
}
