import Glibc
import PipelineCore

/// The summaries of earlier trainings below a folder.
struct EarlierRuns {
    /// Folders are searched this deep; a run lies at `RUN/model` or so.
    private static let depth = 4
    /// More summaries than this are not read.
    private static let limit = 10_000

    let folder: String

    /// The best value of `metric` in a training on the same data as `own`, and where it is.
    /// - Parameter ownPath: the summary of the run that is being checked; it does not count.
    func best(_ metric: String, comparableTo own: TrainingSummary, at ownPath: String) -> (path: String, value: Double)?
    {
        var best: (path: String, value: Double)?
        for path in summaries(in: folder, depth: Self.depth).prefix(Self.limit) where !Self.isSame(path, ownPath) {
            guard let summary = TrainingSummary.load(path), summary.dataset == own.dataset,
                let value = summary.best[metric]
            else { continue }
            if best.map({ MetricRecord.isBetter(value, than: $0.value, metric: metric) }) ?? !value.isNaN {
                best = (path, value)
            }
        }
        return best
    }

    private func summaries(in folder: String, depth: Int) -> [String] {
        let own = folder + "/" + TrainingSummary.fileName
        var found = FileIO.exists(own) ? [own] : []
        guard depth > 0, let names = try? FileIO.names(in: folder) else { return found }
        for name in names where FileIO.isDirectory(folder + "/" + name) {
            found += summaries(in: folder + "/" + name, depth: depth - 1)
        }
        return found
    }

    /// Whether two paths lead to one file.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        var (a, b) = (stat(), stat())
        return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino
    }
}
