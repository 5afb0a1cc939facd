import Glibc
import LocalExecutor
import PipelineCore
import PythonHost
import Synchronization

/// A real trigger host over fixtures, and what its triggers say.
final class TriggerBench: Sendable {
    static let fixtures = String(
        #filePath.dropLast("LocalExecutorTests/Triggers/TriggerBench.swift".count) + "Fixtures/triggers")

    let service = FakeTaskService()
    let host: PythonTriggerHost
    let folder: String
    let notes = Notes()
    let logs: FileTaskLogStore

    init(_ change: (inout PythonTriggerHost.Settings) -> Void = { _ in }) throws {
        folder = "\(PythonTaskRunnerTests.folder)/triggers-\(UInt32.random(in: .min ... .max))"
        mkdir(PythonTaskRunnerTests.folder, 0o755)
        mkdir(folder, 0o755)
        logs = FileTaskLogStore(folder: folder + "/logs")
        var settings = PythonTriggerHost.Settings()
        settings.firstDelay = .milliseconds(10)
        settings.grace = .seconds(120)  // Nothing is killed because the machine is busy.
        change(&settings)
        let notes = notes
        host = PythonTriggerHost(
            python: PythonTaskRunnerTests.host, place: ("dags-folder", Self.fixtures), service: service,
            facts: NoFacts(), logs: logs, settings: settings, wallClock: PythonTaskRunnerTests.SystemWallClock(), clock: ContinuousClock(),
            context: { _ in nil }, note: { notes.add($0) })
    }

    /// Runs a trigger and waits for what it says.
    func say(_ name: String, _ kwargs: JSONValue = [:], number: Int = 1) async -> TriggerReport {
        await withCheckedContinuation { continuation in
            host.run(trigger(name, kwargs, number: number)) { continuation.resume(returning: $0) }
        }
    }

    func trigger(_ name: String, _ kwargs: JSONValue = [:], number: Int = 1) -> DeferredTrigger {
        let module = name.contains(".") ? "" : "waiting_triggers."
        var task = TaskInstance(
            id: UUID7(high: 0x0194_0000_0000_7000, low: 0x8000_0000_0000_0000 + UInt64(number)),
            key: TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: "t\(number)"))
        (task.state, task.triggerClass, task.triggerKwargs) = (.deferred, module + name, kwargs)
        (task.tryNumber, task.launchNumber) = (1, 1)
        guard let trigger = DeferredTrigger(task) else { preconditionFailure("a deferred task has a trigger") }
        return trigger
    }

    func log(_ number: Int = 1) throws -> String {
        let path = LogPath.of(trigger("T", number: number).instance)
        return String(decoding: try logs.read(path, offset: 0, maximumBytes: 1 << 20) ?? [], as: UTF8.self)
    }
}

/// What the host told those who watch it.
final class Notes: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}
