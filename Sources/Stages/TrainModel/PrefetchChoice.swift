import Tensor

/// `prefetch=` of `train_model`: whether another thread gets the next batch ready while a step runs.
enum PrefetchChoice: String, CaseIterable {
    /// Where the threads of the steps leave a core free; where they do not, the thread only takes time from them
    /// (docs/benchmarks.md).
    case automatic = "auto"
    case on, off

    static var names: [String] { allCases.map(\.rawValue) }

    /// For steps on `threads` of `cores` cores.
    func isAhead(threads: Int, cores: Int) -> Bool {
        switch self {
        case .automatic: threads < cores
        case .on: true
        case .off: false
        }
    }
}
