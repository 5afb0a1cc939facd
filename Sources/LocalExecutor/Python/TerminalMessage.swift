import PipelineCore

/// The message by which the runner says how a try ended.
/// Source: Airflow `sdk/execution_time/supervisor.py` (`_send_terminal_state_msg`, `TaskState`).
enum TerminalMessage {
    static let types: Set<String> = [
        "SucceedTask", "TaskState", "RetryTask", "DeferTask", "RescheduleTask", "AwaitInputTask",
    ]

    /// What `body` reports. `lastError` is the exception that the log names.
    /// - Throws: ``TaskServiceError`` `invalid` for a message that lacks what it must have.
    static func outcome(_ body: JSONValue, lastError: String?) throws(TaskServiceError) -> TaskOutcome {
        switch body["type"]?.stringValue {
        case "SucceedTask":
            return .success(
                outlets: body["task_outlets"]?.arrayValue ?? [], outletEvents: body["outlet_events"]?.arrayValue ?? [])
        case "TaskState": return try state(body, lastError)
        case "RetryTask":
            return .failedMayRetry(
                reason: body["retry_reason"]?.stringValue ?? lastError ?? "the task failed",
                delay: body["retry_delay_seconds"]?.doubleValue.map { Duration(fractionalSeconds: $0) })
        case "RescheduleTask":
            guard let date = body["reschedule_date"]?.stringValue.flatMap({ Timestamp(iso8601: $0) }) else {
                throw invalid("RescheduleTask without a reschedule_date")
            }
            return .upForReschedule(at: date)
        case "DeferTask": return .deferred(try deferral(body))
        case "AwaitInputTask": return .awaitingInput(try deferral(body))
        default: throw invalid("no terminal message: \(body["type"]?.stringValue ?? "no type")")
        }
    }

    private static func state(_ body: JSONValue, _ lastError: String?) throws(TaskServiceError) -> TaskOutcome {
        switch body["state"]?.stringValue {
        case "failed": .failed(reason: lastError ?? "the task failed")
        case "skipped": .skipped()
        case "removed": .removed
        case let other: throw invalid("TaskState with state \(other ?? "none")")
        }
    }

    private static func deferral(_ body: JSONValue) throws(TaskServiceError) -> TaskOutcome.Deferral {
        guard let nextMethod = body["next_method"]?.stringValue else {
            throw invalid("a deferral without a next_method")
        }
        let timeout = (body["trigger_timeout"] ?? body["timeout"])?.stringValue
        return TaskOutcome.Deferral(
            triggerClass: body["classpath"]?.stringValue ?? "", triggerKwargs: body["trigger_kwargs"] ?? .null,
            timeout: timeout.flatMap(ISODuration.parse), nextMethod: nextMethod,
            nextKwargs: body["next_kwargs"] ?? .null)
    }

    private static func invalid(_ text: String) -> TaskServiceError {
        TaskServiceError(.invalid, reason: "invalid_message", "the task runner sent \(text)")
    }
}
