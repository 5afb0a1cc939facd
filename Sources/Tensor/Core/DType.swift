/// Element types, with the names of the safetensors format.
public enum DType: String, Sendable {
    case float32 = "F32"
    case bfloat16 = "BF16"
    case float16 = "F16"
    case int64 = "I64"
    case uint8 = "U8"

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .int64: 8
        case .float32: 4
        case .bfloat16, .float16: 2
        case .uint8: 1
        }
    }
}
