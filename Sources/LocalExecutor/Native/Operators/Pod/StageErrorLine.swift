import Synchronization

/// Listens to a container's output for the line with which `pipeline stage run` says why it failed: an exit code alone
/// tells nobody which metric missed its threshold.
final class StageErrorLine: Sendable {
    /// Longer reasons are cut; the log has them whole.
    static let maximumLength = 2_000
    private static let prefix = "pipeline stage run "
    private static let separator = ": error: "

    private let last = Mutex<String?>(nil)

    func look(at line: String) {
        guard line.hasPrefix(Self.prefix), let separator = line.firstRange(of: Self.separator) else { return }
        let stage = line[..<separator.lowerBound].dropFirst(Self.prefix.count)
        guard !stage.isEmpty, !stage.contains(" ") else { return }
        let reason = line[separator.upperBound...].prefix(Self.maximumLength)
        last.withLock { $0 = "\(stage): \(reason)" }
    }

    /// The last reason with a line break, for the beginning of a failure's text; empty when there was none.
    var head: String { last.withLock { $0 }.map { $0 + "\n" } ?? "" }
}
