import CTensor

/// How a trainer keeps activations and their gradients in memory. Parameters, their gradients, the optimizer's state,
/// statistics and class scores are 32-bit floats either way, and so are checkpoints.
public enum Precision: String, Sendable, CaseIterable {
    case float32 = "f32"
    /// 16 bits: the range of `float32` with 8 bits of precision, rounded to nearest even when an operation stores.
    case bfloat16 = "bf16"

    var format: ct_format {
        switch self {
        case .float32: CT_F32
        case .bfloat16: CT_BF16
        }
    }
}
