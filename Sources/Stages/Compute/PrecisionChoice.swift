/// `precision=` of what computes.
enum PrecisionChoice {
    static let names = ["f32", "bf16"]

    /// - Throws: ``StageError`` `misuse` for an unknown word, `unsupported` for a format that this build lacks.
    static func check(_ name: String, field: String) throws(StageError) {
        guard names.contains(name) else {
            throw StageError(.misuse, "\(field) '\(name)' is unknown, give f32 or bf16")
        }
        guard name == "f32" else {
            throw StageError(.unsupported, "\(field): this build computes in f32 only; give f32")
        }
    }
}
