import PipelineCore

/// What a run that failed says at its end: why its tasks failed, and where the whole story is.
struct FailureHints {
    /// More failed tasks than this are counted only.
    static let limit = 5

    let lines: [String]

    init(_ instances: [TaskInstance]) {
        let failed = instances.filter { $0.state == .failed }
        var lines = failed.prefix(Self.limit).flatMap(Self.lines)
        if failed.count > Self.limit { lines.append("\(failed.count - Self.limit) further tasks failed.") }
        self.lines = lines
    }

    private static func lines(_ instance: TaskInstance) -> [String] {
        let key = instance.key
        let isMapped = key.mapIndex >= 0
        let name = key.taskID + (isMapped ? "[\(key.mapIndex)]" : "")
        let reason = instance.reason?.split(separator: "\n").first.map(String.init) ?? "no reason is known"
        let option = isMapped ? " --map-index \(key.mapIndex)" : ""
        return [
            "\(name) failed: \(reason)",
            "  its log: pipeline tasks logs \(key.run.dagID) \(key.run.runID) \(key.taskID)\(option)",
        ]
    }
}
