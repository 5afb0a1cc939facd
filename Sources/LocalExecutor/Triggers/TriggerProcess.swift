import Glibc
import PipelineCore
import PythonHost
import Synchronization

/// One process that runs triggers, from its start to its end. Source: Airflow 3.3 `jobs/triggerer_job_runner.py`
/// (`TriggerRunnerSupervisor`); `Resources/trigger_host.py` says where the protocol differs.
final class TriggerProcess: Sendable {
    private struct State {
        /// The question for orders that is yet to be answered.
        var question: Int?
        var isEnding = false
    }

    private let connection: RunnerConnection
    private let child: PythonChild
    private let requests: RunnerRequests
    private let state = Mutex(State())

    private init(_ connection: RunnerConnection, _ child: PythonChild, _ requests: RunnerRequests) {
        self.connection = connection
        self.child = child
        self.requests = requests
    }

    /// - Throws: ``PythonHostError`` where there is no Python to run them, ``ProcessError``.
    static func start(
        _ host: PythonHost, _ place: (name: String, path: String), _ log: TriggerLog, _ requests: RunnerRequests
    ) async throws -> TriggerProcess {
        let connection = try RunnerConnection(
            RunnerConnection.Outputs(
                record: { log.relay($0) }, stdout: { log.print($0, level: "info", logger: "stdout") },
                stderr: { log.print($0, level: "error", logger: "stderr") }))
        defer { connection.closeTheirs() }
        let child = try await host.startTriggers(
            PythonTaskRequest(descriptors: connection.descriptors, bundleName: place.name, bundlePath: place.path))
        let process = TriggerProcess(connection, child, requests)
        await connection.send(RunnerFrames.response(0, body: ["type": "StartTriggerer"]))
        return process
    }

    /// Serves the process until it ends. `onReport` gets what its triggers say, `onQuestion` that it waits for orders.
    func serve(
        onReport: @Sendable (JSONValue) async -> Void, onQuestion: @escaping @Sendable () -> Void
    ) async -> ProcessExit? {
        let exit = Task {
            let status = try? await child.exitStatus
            connection.drain()
            connection.cutRequests()
            return status
        }
        for await event in connection.events {
            switch event {
            case .request(let request) where request.type == "TriggerOrders":
                state.withLock { $0.question = request.id }
                onQuestion()
            case .request(let request) where request.type == "TriggerReports":
                await onReport(request.body)
                await connection.send(RunnerAnswer.ok.frame(request.id))
            case .request(let request): await connection.send(await requests.answer(request.body).frame(request.id))
            case .malformed: child.signal(SIGKILL)
            case .closed: break
            }
        }
        let status = await exit.value
        connection.cut()
        await connection.ended()
        return status
    }

    /// The question for orders, for the one who has an answer; `nil` while there is none.
    func takeQuestion() -> Int? { state.withLock { $0.question.take() } }

    func answer(_ question: Int, create: [JSONValue], cancel: [Int]) async {
        let orders: JSONObject = [
            "type": "TriggerStateSync", "to_create": .array(create), "to_cancel": .array(cancel.map(JSONValue.int)),
        ]
        await connection.send(RunnerFrames.response(question, body: .object(orders)))
    }

    /// It was told to end.
    var isEnding: Bool { state.withLock { $0.isEnding } }

    /// TERM: triggers clean up, and are told no more than that.
    func end() {
        state.withLock { $0.isEnding = true }
        child.signal(SIGTERM)
    }

    func kill() { child.signal(SIGKILL) }
}
