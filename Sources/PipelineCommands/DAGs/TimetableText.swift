import ArgumentParser
import PipelineCore
import PythonHost

/// A timetable in a few words, as Airflow's `timetable.summary`.
enum TimetableText {
    static func summary(_ timetable: TimetableDefinition) -> String {
        switch timetable {
        case .null: "None"
        case .once: "@once"
        case .continuous: "@continuous"
        case .cronTrigger(let expression, _, _, _), .cronDataInterval(let expression, _): expression
        case .multipleCronTrigger(let expressions, _, _, _): expressions.joined(separator: ", ")
        case .deltaTrigger(let delta, _), .deltaDataInterval(let delta): text(delta)
        case .events(let dates, _, let description): description ?? "\(dates.count) events"
        case .assetTriggered: "Asset"
        case .assetOrTime(_, let inner): "Asset or \(summary(inner))"
        case .cronPartition(let expression, _, _, _, _): expression
        case .partitionedAsset: "Partitioned Asset"
        case .partitionedAtRuntime: "PartitionedAtRuntime"
        case .custom(let path, _): path
        }
    }

    private static func text(_ delta: TimetableDefinition.TimeDelta) -> String {
        var parts: [String] = []
        if delta.years != 0 { parts.append("\(delta.years) years") }
        if delta.months != 0 { parts.append("\(delta.months) months") }
        let seconds = delta.duration.microseconds / 1_000_000 + Int64(delta.days) * 86_400
        if seconds >= 86_400 { parts.append("\(seconds / 86_400) days") }
        let rest = Int(seconds % 86_400)
        if rest > 0 || parts.isEmpty { parts.append("\(rest / 3_600):\((rest / 60 % 60).padded(2)):\((rest % 60).padded(2))") }
        return parts.joined(separator: ", ")
    }
}
