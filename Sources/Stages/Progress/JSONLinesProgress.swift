package import PipelineCore
import Synchronization

/// One JSON object a line, for logs and machines. Positions appear at most every ten seconds.
package final class JSONLinesProgress: ProgressReporter {
    private static let interval = Duration.seconds(10)

    private let stage: String
    private let writer: any OutputWriter
    private let uptime: @Sendable () -> Duration
    private let lastPosition: Mutex<Duration>

    package init(stage: String, writer: any OutputWriter, uptime: @escaping @Sendable () -> Duration) {
        self.stage = stage
        self.writer = writer
        self.uptime = uptime
        lastPosition = Mutex(uptime())
    }

    package func event(_ name: String, _ fields: JSONObject) {
        let head: JSONObject = ["stage": .string(stage), "event": .string(name)]
        writer.write(JSONValue.object(head.merging(fields)).withFiniteNumbers.serialized(.python) + "\n")
    }

    package func position(_ position: ProgressPosition) {
        guard isDue() else { return }
        var fields: JSONObject = [
            "label": .string(position.label), "completed": .int(position.completed), "unit": .string(position.unit),
        ]
        if let total = position.total { fields["total"] = .int(total) }
        if !position.detail.isEmpty { fields["detail"] = .string(position.detail) }
        event("progress", fields)
    }

    private func isDue() -> Bool {
        let now = uptime()
        return lastPosition.withLock { last in
            guard now - last >= Self.interval else { return false }
            last = now
            return true
        }
    }
}
