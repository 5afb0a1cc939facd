import ArgumentParser
import LocalExecutor
import PipelineCore

struct TasksLogs: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "logs", abstract: "Print the log of a try.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id or logical date ('latest': the newest).") var runID: String
    @Argument(help: "Task id.") var taskID: String
    @Option(help: "Map index.") var mapIndex = TaskInstanceKey.unmapped
    @Option(name: [.customLong("try"), .customLong("try-number")], help: "Try; default: the last.") var tryNumber: Int?
    @Flag(help: "The lines as they are stored: JSON.") var raw = false

    /// Bytes read from a log at once.
    private static let chunk = 1 << 20

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let key = TaskInstanceKey(run: run.key, taskID: taskID, mapIndex: mapIndex)
        let number = if let tryNumber { tryNumber } else { try await lastTry(key, workspace) }
        let logs = FileTaskLogStore(folder: workspace.configuration[.logsFolder])
        let path = LogPath.of(key, tryNumber: number)
        guard var bytes = try logs.read(path, offset: 0, maximumBytes: Self.chunk) else {
            throw CommandFailure("\(key) has no log of try \(number) (\(workspace.configuration[.logsFolder])/\(path))")
        }
        var offset = 0
        var rest: [UInt8] = []
        while !bytes.isEmpty {
            offset += bytes.count
            rest += bytes
            rest = show(rest)
            bytes = try logs.read(path, offset: offset, maximumBytes: Self.chunk) ?? []
        }
        if !rest.isEmpty { Terminal.print(text(rest[...])) }
    }

    private func lastTry(_ key: TaskInstanceKey, _ workspace: Workspace) async throws -> Int {
        let filter = TaskFilter(run: key.run, taskIDs: [key.taskID], mapIndex: key.mapIndex)
        guard let instance = try await workspace.store.taskInstances(filter).first else {
            throw CommandFailure("run '\(key.run)' has no task instance \(key.taskID)[\(key.mapIndex)]")
        }
        return instance.tryNumber
    }

    /// Prints whole lines; the rest of the bytes.
    private func show(_ bytes: [UInt8]) -> [UInt8] {
        guard let end = bytes.lastIndex(of: 0x0A) else { return bytes }
        let lines = bytes[..<end].split(separator: 0x0A, omittingEmptySubsequences: true)
        if !lines.isEmpty { Terminal.print(lines.map(text).joined(separator: "\n")) }
        return Array(bytes[(end + 1)...])
    }

    /// `timestamp LEVEL - event`, as Airflow shows a line.
    private func text(_ line: ArraySlice<UInt8>) -> String {
        let plain = String(decoding: line, as: UTF8.self)
        guard !raw, let entry = try? JSONValue.parse(utf8: Array(line)), let event = entry["event"]?.stringValue else {
            return plain
        }
        let time = entry["timestamp"]?.stringValue ?? ""
        let level = (entry["level"]?.stringValue ?? "info").uppercased()
        var text = "[\(time)] \(level) - \(event)"
        for detail in entry["error_detail"]?.arrayValue ?? [] {
            text += "\n\(detail["exc_type"]?.stringValue ?? ""): \(detail["exc_value"]?.stringValue ?? "")"
        }
        return text
    }
}
