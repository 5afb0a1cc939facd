import Glibc
package import PipelineCore
import Synchronization

/// The log of one try: JSON lines in the form that the Task SDK writes
/// (`{"timestamp","level","event",...,"logger"}`), so that everything that reads Airflow's logs reads these.
package final class TaskLog: Sendable {
    package enum Level: String, Sendable { case debug, info, warning, error, critical }

    /// Bytes of one event; longer text is split over several lines.
    package static let maximumEventBytes = 64 * 1_024
    /// Bytes of one try's log; what comes later is counted and dropped.
    package static let defaultMaximumBytes = 256 * 1_024 * 1_024

    private struct State {
        var written = 0
        var dropped = 0
        var saidFull = false
    }

    private let descriptor: Int32
    private let wallClock: any WallClock
    private let context: JSONObject
    private let maximumBytes: Int
    private let state = Mutex(State())

    /// - Parameter descriptor: opened for appending; closed with the log.
    package init(
        descriptor: Int32, instance: TaskInstance, wallClock: any WallClock,
        maximumBytes: Int = TaskLog.defaultMaximumBytes
    ) {
        self.descriptor = descriptor
        self.wallClock = wallClock
        self.maximumBytes = maximumBytes
        context = [
            "ti_id": .string(instance.id.description), "dag_id": .string(instance.key.run.dagID),
            "try_number": .int(instance.tryNumber), "run_id": .string(instance.key.run.runID),
            "map_index": .int(instance.mapIndex), "task_id": .string(instance.taskID),
        ]
    }

    deinit { close(descriptor) }

    package func write(_ event: String, level: Level = .info, logger: String = "task", extra: JSONObject = [:]) {
        for part in Self.parts(event) { writeLine(part, level, logger, extra) }
    }

    private func writeLine(_ event: String, _ level: Level, _ logger: String, _ extra: JSONObject) {
        var line: JSONObject = [
            "timestamp": .string(wallClock.now().apiFormat), "level": .string(level.rawValue), "event": .string(event),
        ]
        line = line.merging(extra).merging(context)
        line["logger"] = .string(logger)
        append(JSONValue.object(line).serializedUTF8() + [0x0A])
    }

    private func append(_ bytes: [UInt8]) {
        state.withLock { state in
            guard state.written + bytes.count <= maximumBytes else {
                state.dropped += bytes.count
                if !state.saidFull {
                    state.saidFull = true
                    put(Array(fullNotice.utf8))
                }
                return
            }
            state.written += bytes.count
            put(bytes)
        }
    }

    private var fullNotice: String {
        let event = "The log has reached its bound of \(maximumBytes) bytes; what the task prints from here on is dropped"
        return #"{"timestamp":"\#(wallClock.now().apiFormat)","level":"warning","event":"\#(event)","logger":"task"}"#
            + "\n"
    }

    private func put(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    private static func parts(_ event: String) -> [String] {
        guard event.utf8.count > maximumEventBytes else { return [event] }
        var parts: [String] = []
        var rest = event.utf8[...]
        while !rest.isEmpty {
            parts.append(String(decoding: rest.prefix(maximumEventBytes), as: UTF8.self))
            rest = rest.dropFirst(maximumEventBytes)
        }
        return parts
    }
}
