import CTensor

/// Where a model lives and computes.
public struct Device: Sendable, Hashable {
    /// What computes.
    public enum Kind: String, Sendable {
        /// Our kernels, chosen by the processor's features.
        case cpu
        /// Plain loops with sums in double: slow, the oracle of the tests.
        case reference
        /// An NVIDIA GPU.
        case cuda
    }

    /// Kernels of the `cpu` kind; anything but `automatic` is for tests and measurements.
    public enum CPUPath: UInt32, Sendable, CaseIterable {
        case automatic = 0
        case avx512 = 1
        case avx2 = 2
        case baseline = 3
        case avx512fp16 = 4
    }

    /// What computes.
    public let kind: Kind
    /// Threads that share each operation, the calling one included.
    public let threads: Int
    /// Which kernels; only the `cpu` kind looks at it.
    public let path: CPUPath

    /// A description; whether there is such a device, and whether `threads` is 1 to 256, shows when a model is made on
    /// it.
    public init(kind: Kind, threads: Int = 1, path: CPUPath = .automatic) {
        self.kind = kind
        self.threads = threads
        self.path = path
    }

    /// The processor, with one thread for each core that this process may use, or as many as asked for.
    public static func cpu(threads: Int? = nil) -> Device {
        Device(kind: .cpu, threads: threads ?? availableCores)
    }

    /// Plain loops on one thread.
    public static let reference = Device(kind: .reference)
    /// An NVIDIA GPU. A model on it is refused with `deviceUnavailable` while the build has no such backend.
    public static let cuda = Device(kind: .cuda)

    /// Cores in this process's affinity mask.
    public static var availableCores: Int {
        Int(ct_available_cores())
    }

    var cKind: ct_device_kind {
        switch kind {
        case .cpu: CT_DEVICE_CPU
        case .reference: CT_DEVICE_REFERENCE
        case .cuda: CT_DEVICE_CUDA
        }
    }
}
