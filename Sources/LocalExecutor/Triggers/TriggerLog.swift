import Glibc
import PipelineCore

/// What the trigger process logs: lines of a trigger go into the log of its try, between what the task logged before
/// and after; lines of the process itself into a log of its own.
final class TriggerLog: Sendable {
    /// The process's own log, below the folder of all logs.
    static let path = "trigger_host.log"
    private static let blocked = "async thread was blocked"

    let own: SupervisorLog
    private let logs: any TaskLogStore
    private let wallClock: any WallClock
    private let maximumBytes: Int
    private let path: @Sendable (Int) -> String?
    private let note: @Sendable (String) -> Void

    /// - Parameters:
    ///   - path: the log of the try behind a trigger's number.
    ///   - note: told what somebody should know of who watches the scheduler.
    init(
        logs: any TaskLogStore, wallClock: any WallClock, maximumBytes: Int, path: @escaping @Sendable (Int) -> String?,
        note: @escaping @Sendable (String) -> Void
    ) throws {
        own = SupervisorLog(
            descriptor: try logs.openForAppending(Self.path), wallClock: wallClock, maximumBytes: maximumBytes)
        self.logs = logs
        self.wallClock = wallClock
        self.maximumBytes = maximumBytes
        self.path = path
        self.note = note
    }

    /// A JSON line of the log channel.
    func relay(_ line: ArraySlice<UInt8>) {
        let record = try? JSONValue.parse(utf8: Array(line))
        if let path = record?["trigger_id"]?.intValue.flatMap({ path($0) }), write(line, to: path) { return }
        own.relay(line)
        guard let event = record?["event"]?.stringValue, record?["trigger_id"] == nil else { return }
        if event.contains(Self.blocked) || record?["level"]?.stringValue == "critical" { note(event) }
    }

    func print(_ line: ArraySlice<UInt8>, level: String, logger: String) {
        own.forward(line, level: level, logger: logger)
    }

    /// A file is open only while it is written: a thousand triggers may wait at once.
    private func write(_ line: ArraySlice<UInt8>, to path: String) -> Bool {
        guard let descriptor = try? logs.openForAppending(path) else { return false }
        var status = stat()
        let size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
        guard size < maximumBytes else {
            close(descriptor)
            return true
        }
        SupervisorLog(
            descriptor: descriptor, wallClock: wallClock, maximumBytes: maximumBytes - size, masker: own.masker
        ).relay(line)
        return true
    }
}
