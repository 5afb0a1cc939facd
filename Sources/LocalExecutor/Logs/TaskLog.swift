import Glibc
package import PipelineCore
import Synchronization

/// The log of one try: JSON lines in the form that the Task SDK writes
/// (`{"timestamp","level","event",...,"logger"}`), so that everything that reads Airflow's logs reads these.
package final class TaskLog: Sendable {
    package enum Level: String, Sendable { case debug, info, warning, error, critical }

    /// Bytes of one event; longer text is split over several lines.
    package static let maximumEventBytes = 64 * 1_024
    /// Bytes of one try's log; what comes later is dropped.
    package static let defaultMaximumBytes = 256 * 1_024 * 1_024

    private struct State {
        var written = 0
        var isFull = false
        var masker: SecretsMasker?
    }

    private let descriptor: Int32
    private let wallClock: any WallClock
    private let context: JSONObject
    /// `,"ti_id":"..."` and so on, as they stand in every line.
    private let contextBytes: [UInt8]
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
        contextBytes = Self.members(context)
    }

    deinit { close(descriptor) }

    /// The bound is reached, and everything else is dropped.
    package var isFull: Bool { state.withLock { $0.isFull } }

    /// Replaces secrets in all that is written from now on.
    func mask(_ masker: SecretsMasker) { state.withLock { $0.masker = masker.isEmpty ? nil : masker } }

    /// - Parameter at: when it was said; `nil`: now.
    package func write(
        _ event: String, level: Level = .info, logger: String = "task", extra: JSONObject = [:], at: Timestamp? = nil
    ) {
        guard event.utf8.count > Self.maximumEventBytes else { return writeLine(event, level, logger, extra, at) }
        for part in Self.parts(event) { writeLine(part, level, logger, extra, at) }
    }

    private func writeLine(_ event: String, _ level: Level, _ logger: String, _ extra: JSONObject, _ at: Timestamp?) {
        let (isFull, masker) = state.withLock { ($0.isFull, $0.masker) }
        guard !isFull else { return }
        guard let masker else { return append(bytes(event, level, logger, extra, at)) }
        append(bytes(masker.redacted(event), level, logger, masker.redacted(extra), at))
    }

    private func bytes(
        _ event: String, _ level: Level, _ logger: String, _ extra: JSONObject, _ at: Timestamp?
    ) -> [UInt8] {
        var line = Array(
            "{\"timestamp\":\"\((at ?? wallClock.now()).logFormat)\",\"level\":\"\(level.rawValue)\",\"event\":".utf8)
        line += JSONValue.string(event).serializedUTF8()
        if extra.isEmpty {
            line += contextBytes
        } else {
            // What the line says itself goes before what stands in every line.
            line +=
                Self.members(extra)
                + Self.members(JSONObject(context.lazy.filter { extra[$0.key] == nil }.map { ($0.key, $0.value) }))
        }
        line += Array(",\"logger\":".utf8) + JSONValue.string(logger).serializedUTF8()
        line += [UInt8(ascii: "}"), 0x0A]
        return line
    }

    /// `,"key":value` for each member.
    private static func members(_ object: JSONObject) -> [UInt8] {
        guard !object.isEmpty else { return [] }
        return [UInt8(ascii: ",")] + JSONValue.object(object).serializedUTF8().dropFirst().dropLast()
    }

    private func append(_ bytes: [UInt8]) {
        state.withLock { state in
            guard !state.isFull else { return }
            guard state.written + bytes.count <= maximumBytes else {
                state.isFull = true
                return put(self.bytes(fullNotice, .warning, "task", [:], nil))
            }
            state.written += bytes.count
            put(bytes)
        }
    }

    private var fullNotice: String {
        "The log has reached its bound of \(maximumBytes) bytes; what the task prints from here on is dropped"
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
        var parts: [String] = []
        var rest = Array(event.utf8)[...]
        while !rest.isEmpty {
            let length = PythonText.cut(rest, at: maximumEventBytes)
            parts.append(String(decoding: rest.prefix(length), as: UTF8.self))
            rest = rest.dropFirst(length)
        }
        return parts
    }
}

extension Timestamp {
    /// As `structlog` writes it: always six digits of a second.
    fileprivate var logFormat: String {
        microseconds % 1_000_000 == 0 ? apiFormat.dropLast() + ".000000Z" : apiFormat
    }
}
