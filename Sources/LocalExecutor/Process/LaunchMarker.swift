import CPosix
import Glibc
import PipelineCore

/// Variables in the environment of every process that a launch starts, by which a later `pipeline` finds what a killed
/// one left behind: before it could write down the process's number, or after it had written down its end.
enum LaunchMarker {
    static let name = "PIPELINE_LAUNCH"
    static let taskName = "PIPELINE_LAUNCH_TASK"

    static func value(_ id: LaunchID) -> String { "\(id.tryID):\(id.number)" }

    /// No id has a slash but a run's, which stands last.
    static func value(_ task: TaskInstanceKey) -> String {
        "\(task.run.dagID)/\(task.taskID)/\(task.mapIndex)/\(task.run.runID)"
    }

    /// The launches that processes of this machine say they belong to.
    static func launches() -> [LaunchID: TaskInstanceKey] {
        var found: [LaunchID: TaskInstanceKey] = [:]
        for process in ProcessTree.processes() where process.pid != getpid() {
            let entries = environment(of: process.pid)
            guard let id = entry(name, entries).flatMap(launch), let key = entry(taskName, entries).flatMap(task)
            else { continue }
            found[id] = key
        }
        return found
    }

    private static func entry(_ name: String, _ entries: [[UInt8]]) -> String? {
        let start = Array("\(name)=".utf8)
        return entries.first { $0.starts(with: start) }.map { String(decoding: $0.dropFirst(start.count), as: UTF8.self) }
    }

    private static func launch(_ text: String) -> LaunchID? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let id = UUID7(String(parts[0])), let number = Int(parts[1]) else { return nil }
        return LaunchID(tryID: id, number: number)
    }

    private static func task(_ text: String) -> TaskInstanceKey? {
        let parts = text.split(separator: "/", maxSplits: 3).map(String.init)
        guard parts.count == 4, let mapIndex = Int(parts[2]) else { return nil }
        return TaskInstanceKey(run: RunKey(dagID: parts[0], runID: parts[3]), taskID: parts[1], mapIndex: mapIndex)
    }

    /// Ends all processes of these launches. What has taken the variable out of its environment is not found.
    static func endAll(of launches: [LaunchID]) {
        guard !launches.isEmpty else { return }
        let wanted = Set(launches.map { Array("\(name)=\(value($0))".utf8) })
        // A process may have had a child between the look and its end.
        var passes = 0
        while passes < maximumPasses, endOnce(wanted) { passes += 1 }
    }

    private static let maximumPasses = 10

    /// - Returns: whether there was one.
    private static func endOnce(_ wanted: Set<[UInt8]>) -> Bool {
        var hasEnded = false
        for process in ProcessTree.processes() where process.pid != getpid() {
            guard environment(of: process.pid).contains(where: wanted.contains) else { continue }
            // The number may have passed to another process since.
            guard cposix_start_time(process.pid) == process.startTime else { continue }
            if kill(process.pid, SIGKILL) == 0 { hasEnded = true }
        }
        return hasEnded
    }

    /// The entries of `/proc/<pid>/environ`; empty where it cannot be read.
    private static func environment(of pid: pid_t) -> [[UInt8]] {
        let descriptor = open("/proc/\(pid)/environ", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return bytes.split(separator: 0).map(Array.init)
    }
}
