import Tensor

extension StageError {
    /// An error of the tensor core, in a stage's words.
    init(_ error: TensorError) { self.init(Self.code(of: error.code), error.message) }

    /// The same, with advice for want of memory.
    init(_ error: TensorError, memoryAdvice: String) {
        self.init(error)
        if error.code == .outOfMemory { message += "; \(memoryAdvice)" }
    }

    private static func code(of code: TensorError.Code) -> Code {
        switch code {
        case .invalidArgument: .misuse
        case .outOfMemory, .deviceUnavailable, .system: .unsupported
        case .fileAccess: .fileFailed
        case .malformedFile, .labelOutOfRange: .corruptData
        case .checkpointMismatch: .mismatch
        case .nonFiniteLoss: .notFinite
        }
    }

    /// Runs calls of the tensor core and turns what they throw.
    static func turning<Result>(_ body: () throws(TensorError) -> Result) throws(StageError) -> Result {
        do { return try body() } catch { throw StageError(error) }
    }
}
