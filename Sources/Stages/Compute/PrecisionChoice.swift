import Tensor

/// `precision=` of what trains.
enum PrecisionChoice {
    static let names = Precision.allCases.map(\.rawValue)

    /// - Throws: ``StageError`` `misuse` for an unknown word.
    static func make(_ name: String, field: String) throws(StageError) -> Precision {
        guard let precision = Precision(rawValue: name) else {
            throw StageError(.misuse, "\(field) '\(name)' is unknown, give f32 or bf16")
        }
        return precision
    }
}
