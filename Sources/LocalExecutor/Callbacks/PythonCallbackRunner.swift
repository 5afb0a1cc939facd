import Glibc
package import PipelineCore
package import PythonHost

/// Runs callbacks and e-mails that no task process has run, with Airflow's own code: as its DAG processor and its callback
/// supervisor do. A callback has a process of its own, a time limit, and the same questions as a task's.
package struct PythonCallbackRunner: CallbackRunner {
    package struct Settings: Sendable {
        /// How long one callback may take.
        package var timeLimit = Duration.seconds(300)
        /// Between TERM and KILL.
        package var grace = Duration.seconds(5)
        /// How long descendants of an ended process may hold its output.
        package var outputTimeout = Duration.seconds(5)
        /// Bytes of one log.
        package var maximumLogBytes = 256 << 20

        package init() {}
    }

    /// What a callback is about.
    package struct Subject: Sendable {
        package var run: DAGRun
        package var dag: DAG
        package var bundle: PythonBundle
        package var consumed: [ConsumedAssetEvent]

        package init(run: DAGRun, dag: DAG, bundle: PythonBundle, consumed: [ConsumedAssetEvent]) {
            self.run = run
            self.dag = dag
            self.bundle = bundle
            self.consumed = consumed
        }
    }

    let host: PythonHost
    let triggers: any TriggerHost
    let service: any TaskService
    let facts: any PythonTaskFacts
    let logs: any TaskLogStore
    let settings: Settings
    let wallClock: any WallClock
    let clock: any Clock<Duration>
    /// The run, its DAG, and where its file is; throws where one of them is gone.
    let subject: @Sendable (RunKey) async throws -> Subject

    /// - Parameters:
    ///   - triggers: runs callbacks that are coroutines.
    ///   - subject: the run of a callback, its DAG, and where its file is; throws where one of them is gone.
    package init(
        host: PythonHost, triggers: any TriggerHost, service: any TaskService, facts: any PythonTaskFacts,
        logs: any TaskLogStore, settings: Settings, wallClock: any WallClock, clock: any Clock<Duration>,
        subject: @escaping @Sendable (RunKey) async throws -> Subject
    ) {
        self.host = host
        self.triggers = triggers
        self.service = service
        self.facts = facts
        self.logs = logs
        self.settings = settings
        self.wallClock = wallClock
        self.clock = clock
        self.subject = subject
    }

    package func run(_ request: CallbackRequest) async -> CallbackEnd {
        do {
            let subject = try await subject(request.run)
            if case .deadline(let callback, let id, let time) = request.work, callback.isAsync {
                return await runAsync(request, callback, DeadlineContext(subject, id: id, time: time))
            }
            guard let message = CallbackMessage.json(request, subject) else {
                return .failed(reason: "a \(request.work.kind) is nothing that Python runs")
            }
            return try await run(request, message, subject.bundle)
        } catch is CancellationError {
            return .interrupted
        } catch let error as PythonHostError where error.code == .hostEnded {
            return .unreachable(reason: "\(error)")
        } catch let error as StoreError where error.isTransient {
            return .unreachable(reason: "\(error)")
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    private func run(
        _ request: CallbackRequest, _ message: JSONValue, _ bundle: PythonBundle
    ) async throws -> CallbackEnd {
        let log = SupervisorLog(
            descriptor: try logs.openForAppending(request.logPath), wallClock: wallClock,
            maximumBytes: settings.maximumLogBytes)
        let connection = try RunnerConnection(log: log)
        let child: PythonChild
        do {
            defer { connection.closeTheirs() }
            child = try await host.startCallback(
                PythonTaskRequest(
                    descriptors: connection.descriptors, bundleName: bundle.name, bundlePath: bundle.path))
        } catch {
            log.write("error", "The callback could not be started: \(error)")
            throw error
        }
        await connection.send(RunnerFrames.response(0, body: message))
        let requests = RunnerRequests(asking: nil, service: service, facts: facts, log: log, wallClock: wallClock)
        return await CallbackProcess(
            child: child, connection: connection, requests: requests, settings: settings, clock: clock
        ).serve()
    }

    /// The trigger host ends it when the time is over, as it ends a trigger that nobody waits for.
    private func runAsync(
        _ request: CallbackRequest, _ callback: DeadlineCallback, _ context: DeadlineContext
    ) async -> CallbackEnd {
        let call = AsyncCallbackCall(
            id: request.id, run: request.run, path: callback.path,
            kwargs: callback.kwargs.merging(["context": context.json]))
        let (ends, end) = AsyncStream.makeStream(of: CallbackEnd.self, bufferingPolicy: .bufferingOldest(1))
        triggers.run(call) { end.yield(Self.end($0)) }
        let limit = Task { [clock, settings] in
            guard (try? await clock.sleep(for: settings.timeLimit)) != nil else { return }
            end.yield(.failed(reason: "it took longer than \(settings.timeLimit.inSeconds) s"))
        }
        defer {
            limit.cancel()
            triggers.stop(call.launch)
        }
        for await first in ends { return first }
        return .interrupted
    }

    /// Source: Airflow 3.3 `triggers/callback.py` (`CallbackTrigger.run`).
    private static func end(_ report: TriggerReport) -> CallbackEnd {
        switch report.outcome {
        case .event(let payload) where payload["state"]?.stringValue == "success": .done
        case .event(let payload): .failed(reason: payload["body"]?.stringValue ?? "it did not say how it ended")
        case .failed(let traceback): .failed(reason: traceback?.last ?? "it could not be run as a trigger")
        case .taskSucceeded, .taskFailed, .taskSkipped: .failed(reason: "a callback cannot end a task")
        }
    }
}

extension CallbackRequest {
    /// Callbacks about a task are logged with its try, all others with the run.
    package var logPath: String {
        switch work {
        case .task(let task, _, _), .email(let task, _, _):
            LogPath.of(
                TaskInstanceKey(run: run, taskID: task.taskID, mapIndex: task.mapIndex), tryNumber: task.tryNumber)
        case .dag, .deadline, .webhook: LogPath.ofCallbacks(run)
        }
    }
}
