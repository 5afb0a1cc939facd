/// A trigger of the standard provider that only waits for an instant: the scheduler's own timers do that.
/// Source: Airflow `providers/standard/triggers/temporal.py`.
package struct TimeTrigger: Sendable, Hashable {
    package var moment: Timestamp
    /// The task is over when the moment has come; otherwise it goes on.
    package var endsTask: Bool

    private static let module = "airflow.providers.standard.triggers.temporal."

    /// `nil` for any other trigger, and for arguments that only Python understands (a template, a zone left out).
    package init?(_ task: TaskInstance) {
        guard let name = task.triggerClass, name.hasPrefix(Self.module), let kwargs = task.triggerKwargs else { return nil }
        var arguments = (kwargs["__type"]?.stringValue == "dict" ? kwargs["__var"] : kwargs)?.objectValue ?? [:]
        switch arguments["end_from_trigger"] ?? false {
        case .bool(let flag): endsTask = flag
        default: return nil
        }
        arguments["end_from_trigger"] = nil
        guard arguments.count == 1, let (key, value) = arguments.first(where: { _ in true }),
            let moment = Self.moment(name.dropFirst(Self.module.count), key, value, since: task.startDate)
        else { return nil }
        self.moment = moment
    }

    /// A delay counts from when the task began to wait, which is when it began: only a task that starts with its trigger
    /// names this class, all others hand over the moment.
    private static func moment(
        _ name: Substring, _ key: String, _ value: JSONValue, since start: Timestamp?
    ) -> Timestamp? {
        switch (name, key) {
        case ("DateTimeTrigger", "moment"): SerdeTime.instant(value)
        case ("DateTimeTrigger", "target_time"): SerdeTime.instant(value) ?? zoned(value.stringValue)
        case ("TimeDeltaTrigger", "delta"): SerdeTime.duration(value).flatMap { delta in start.map { $0 + delta } }
        default: nil
        }
    }

    /// A text that names its offset; Python knows the zone of one that does not.
    private static func zoned(_ text: String?) -> Timestamp? {
        guard let text, let time = text.firstIndex(of: "T") ?? text.firstIndex(of: " "),
            text[time...].contains(where: { "Zz+-".contains($0) })
        else { return nil }
        return Timestamp(iso8601: text)
    }

    /// What the trigger says when its moment has come.
    package var outcome: TriggerOutcome { endsTask ? .taskSucceeded : .event(SerdeTime.encoded(moment)) }
}
