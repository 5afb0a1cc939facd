import Glibc
import PipelineCore

/// The summaries of earlier trainings below a folder.
struct EarlierRuns {
    /// Folders are searched this deep; a run lies at `RUN/model` or so.
    private static let depth = 4
    /// More summaries than this are not read.
    private static let limit = 10_000

    let folder: String

    /// What was found.
    struct Search {
        /// The best value in a training on the same data, and its summary.
        var best: (path: String, value: Double)?
        /// Trainings on the same data that have the metric.
        var comparable = 0
        /// Trainings on other data, or without the metric.
        var others = 0
        /// Comparable trainings whose summaries do not hold their data's check sums.
        var unverified: [String] = []
        /// Summaries that cannot be read.
        var unreadable: [String] = []
    }

    /// The best value of `metric` in a training on the same data as `own`.
    /// - Parameter ownPath: the summary of the run that is being checked; it does not count.
    /// - Throws: ``StageError`` `fileFailed` when the folder is not there.
    func best(
        _ metric: String, comparableTo own: TrainingSummary, at ownPath: String
    ) throws(StageError) -> Search {
        guard FileIO.isDirectory(folder) else {
            throw StageError(
                .fileFailed, "parameter baseline: \(folder): no such folder; give one below which earlier runs lie")
        }
        var search = Search()
        for path in summaries(in: folder, depth: Self.depth).prefix(Self.limit) where !Self.isSame(path, ownPath) {
            search.add(path, TrainingSummary.load(path), metric, own)
        }
        return search
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

extension EarlierRuns.Search {
    fileprivate mutating func add(
        _ path: String, _ summary: TrainingSummary?, _ metric: String, _ own: TrainingSummary
    ) {
        guard let summary else { return unreadable.append(path) }
        let match = DataIdentity.match(own.dataset, summary.dataset)
        guard match != .different, let value = summary.best[metric], !value.isNaN else {
            others += 1
            return
        }
        comparable += 1
        if match == .unverified { unverified.append(path) }
        if best.map({ MetricRecord.isBetter(value, than: $0.value, metric: metric) }) ?? true { best = (path, value) }
    }

    var json: JSONObject {
        [
            "comparable": .int(comparable), "others": .int(others),
            "unverified": .array(unverified.map { .string($0) }), "unreadable": .array(unreadable.map { .string($0) }),
        ]
    }

    /// What a reader of the log must know: that nothing was compared, or not all.
    func tell(_ progress: any ProgressReporter, of folder: String) {
        for path in unreadable {
            progress.event(
                "summary_unreadable", ["path": .string(path), "reason": "not a summary that train_model wrote"])
        }
        for path in unverified {
            progress.event(
                "data_unverified", ["path": .string(path), "reason": "it does not hold the check sums of its data"])
        }
        guard best == nil else { return }
        progress.event(
            "no_comparable_run",
            ["baseline": .string(folder), "others": .int(others), "unreadable": .int(unreadable.count)]
        )
    }
}
