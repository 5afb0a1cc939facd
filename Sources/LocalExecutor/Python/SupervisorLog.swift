import Glibc
import PipelineCore
import Synchronization

/// The log of a Python try, byte for byte as Airflow's supervisor writes it: JSON lines that begin with `timestamp`,
/// `level`, `event`, with `exception` renamed to `error_detail` and secrets masked.
/// Source: Airflow `sdk/execution_time/supervisor.py` (`process_log_messages_from_subprocess`, `forward_to_log`).
final class SupervisorLog: Sendable {
    private struct State {
        var masker = SecretsMasker()
        var written = 0
        var isFull = false
        var lastError: String?
    }

    private let descriptor: Int32
    private let wallClock: any WallClock
    private let maximumBytes: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - descriptor: opened for appending; closed with the log.
    ///   - masker: what is known to be secret already.
    init(
        descriptor: Int32, wallClock: any WallClock, maximumBytes: Int, masker: SecretsMasker = SecretsMasker()
    ) {
        self.descriptor = descriptor
        self.wallClock = wallClock
        self.maximumBytes = maximumBytes
        state.withLock { $0.masker = masker }
    }

    /// What was named as secret so far.
    var masker: SecretsMasker { state.withLock { $0.masker } }

    deinit { close(descriptor) }

    /// The last error that the runner logged: its exception (`ValueError: no`), or else what it says.
    var lastError: String? { state.withLock { $0.lastError } }

    func mask(_ value: JSONValue, name: String? = nil) { state.withLock { $0.masker.add(value, name: name) } }

    /// A line of the supervisor itself.
    func write(_ level: String, _ event: String, _ fields: JSONObject = [:], logger: String = "task") {
        put(level, event, fields.merging(["logger": .string(logger)]), timestamp: nil)
    }

    /// A line that the task printed.
    func forward(_ line: ArraySlice<UInt8>, level: String, logger: String) {
        var end = line.endIndex
        while end > line.startIndex, [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D].contains(line[end - 1]) { end -= 1 }
        write(level, String(decoding: line[line.startIndex..<end], as: UTF8.self), logger: logger)
    }

    /// A JSON line of the runner's log channel.
    func relay(_ line: ArraySlice<UInt8>) {
        guard case .object(var fields)? = try? JSONValue.parse(utf8: Array(line)) else {
            return forward(line, level: "error", logger: "task")
        }
        let timestamp = fields["timestamp"]?.stringValue
        let event = fields["event"]?.stringValue ?? ""
        guard let level = fields["level"]?.stringValue.flatMap(Self.level) else { return }
        for key in ["timestamp", "event", "level"] { fields[key] = nil }
        if let exception = fields["exception"] {
            fields["exception"] = nil
            fields["error_detail"] = exception
            noteError(exception)
        } else if level == "error" || level == "critical" {
            state.withLock { $0.lastError = event }
        }
        put(level, event, fields, timestamp: timestamp)
    }

    /// The name under which a level is written; `nil` where Airflow drops the line.
    private static func level(_ name: String) -> String? {
        switch name {
        case "critical", "error", "warning", "info", "debug": name
        case "exception": "error"
        case "warn": "warning"
        default: nil
        }
    }

    private func noteError(_ exception: JSONValue) {
        guard let last = exception[0], let type = last["exc_type"]?.stringValue else { return }
        let value = last["exc_value"]?.stringValue ?? ""
        state.withLock { $0.lastError = value.isEmpty ? type : "\(type): \(value)" }
    }

    private func put(_ level: String, _ event: String, _ fields: JSONObject, timestamp: String?) {
        state.withLock { state in
            guard !state.isFull else { return }
            var line: JSONObject = [
                "timestamp": .string(timestamp ?? wallClock.now().apiFormat), "level": .string(level),
                "event": .string(event),
            ]
            line = state.masker.redacted(line.merging(fields))
            var bytes = JSONValue.object(line).serializedUTF8() + [0x0A]
            if state.written + bytes.count > maximumBytes {
                state.isFull = true
                bytes = fullNotice
            }
            state.written += bytes.count
            append(bytes)
        }
    }

    private var fullNotice: [UInt8] {
        let text = "The log has reached its bound of \(maximumBytes) bytes; what comes from here on is dropped"
        let line: JSONObject = [
            "timestamp": .string(wallClock.now().apiFormat), "level": "warning", "event": .string(text),
            "logger": "task",
        ]
        return JSONValue.object(line).serializedUTF8() + [0x0A]
    }

    private func append(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
