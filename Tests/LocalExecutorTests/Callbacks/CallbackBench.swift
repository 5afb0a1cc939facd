import Glibc
import LocalExecutor
import PipelineCore
import PythonHost

/// A real Python host over fixtures, and what its callbacks say.
struct CallbackBench {
    static let fixtures = String(
        #filePath.dropLast("LocalExecutorTests/Callbacks/CallbackBench.swift".count) + "Fixtures/callbacks")

    let service = FakeTaskService()
    let logs: FileTaskLogStore
    let triggers: PythonTriggerHost
    let runner: PythonCallbackRunner

    init(dagID: String, file: String = "told.py", _ change: (inout PythonCallbackRunner.Settings) -> Void = { _ in }) throws {
        let folder = "\(PythonTaskRunnerTests.folder)/callbacks-\(UInt32.random(in: .min ... .max))"
        for path in [PythonTaskRunnerTests.folder, folder] { mkdir(path, 0o755) }
        logs = FileTaskLogStore(folder: folder + "/logs")
        var settings = PythonCallbackRunner.Settings()
        settings.timeLimit = .seconds(600)
        change(&settings)
        let clock = ContinuousClock()
        let wallClock = PythonTaskRunnerTests.SystemWallClock()
        triggers = PythonTriggerHost(
            python: PythonTaskRunnerTests.host, place: ("dags-folder", Self.fixtures), service: service,
            facts: NoFacts(), logs: logs, settings: PythonTriggerHost.Settings(), wallClock: wallClock, clock: clock,
            context: { _ in nil }, note: { _ in })
        let dag = try DAG(header: DAGHeader(id: dagID), tasks: [], rootGroup: TaskGroup(id: nil))
        runner = PythonCallbackRunner(
            host: PythonTaskRunnerTests.host, triggers: triggers, service: service, facts: NoFacts(), logs: logs,
            settings: settings, wallClock: wallClock, clock: clock
        ) { key in
            PythonCallbackRunner.Subject(
                run: Self.run(key), dag: dag,
                bundle: PythonBundle(
                    name: "dags-folder", version: nil, path: Self.fixtures, file: file, contentHash: nil),
                consumed: [])
        }
    }

    private static func run(_ key: RunKey) -> DAGRun {
        let noon = Timestamp(seconds: 1_767_268_800)
        var run = DAGRun(key: key, type: .manual, runAfter: noon, triggeredBy: .cli)
        (run.state, run.startDate, run.endDate, run.logicalDate) = (.failed, noon, noon + .seconds(5), noon)
        run.conf = ["x": 1]
        return run
    }

    static func task(_ id: String = "t", mapIndex: Int = -1) -> CallbackTask {
        var instance = TaskInstance(
            id: UUID7(high: 0x0194_0000_0000_7000, low: 0x8000_0000_0000_0001),
            key: TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: id, mapIndex: mapIndex))
        (instance.tryNumber, instance.maxTries) = (2, 2)
        return CallbackTask(instance)
    }

    func request(_ dagID: String, _ work: CallbackWork) -> CallbackRequest {
        CallbackRequest(
            id: UUID7(high: 0x0194_0000_0000_7000, low: 0x8000_0000_0000_0009),
            run: RunKey(dagID: dagID, runID: "manual__1"), work: work, createdAt: Timestamp(seconds: 0))
    }

    /// The log of a request, line by line.
    func log(_ request: CallbackRequest) throws -> [JSONValue] {
        let bytes = try logs.read(request.logPath, offset: 0, maximumBytes: 1 << 20) ?? []
        return bytes.split(separator: 10).compactMap { try? JSONValue.parse(utf8: Array($0)) }
    }

    /// What callbacks have told.
    func told(_ request: CallbackRequest) throws -> [JSONValue] {
        try log(request).compactMap { line in
            guard let event = line["event"]?.stringValue, event.hasPrefix("TOLD ") else { return nil }
            return try? JSONValue.parse(String(event.dropFirst(5)))
        }
    }
}
