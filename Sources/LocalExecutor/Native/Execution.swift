import Jinja
import PipelineCore

/// One run of an operation: its time limit, its result as XCom, its exceptions as outcomes, in the words of the Task
/// SDK. Source: Airflow 3.3 `sdk/execution_time/task_runner.py` (`run`, `_run_task_and_map_outcome`).
struct Execution: Sendable {
    let context: NativeContext

    /// Runs `body` to its end, then `finalize`, and says what became of the launch.
    func end(
        of body: @escaping @Sendable (NativeContext) async throws -> NativeResult,
        finalize: @Sendable (NativeContext) async throws -> Void
    ) async -> RunnerEnd {
        context.log.write("::group::Pre Execute")
        context.log.write("::endgroup::")
        let outcome: TaskOutcome
        do {
            outcome = try await self.outcome(of: body)
        } catch {
            context.log.write("The launch is lost: \(error.reason)", level: .error)
            return .lost(reason: error.reason)
        }
        do {
            try await finalize(context)
        } catch {
            context.log.write(
                "Failed to push an xcom for task operator extra link", level: .error,
                extra: ["error": .string("\(error)")])
        }
        context.log.write("::endgroup::")
        // An operation that failed before it had a process has not told of its start.
        await context.started(nil)
        if let reason = context.control.terminationReason { return ended(reason) }
        return .outcome(outcome)
    }

    /// What somebody outside has ended; what the operation made of that does not count.
    private func ended(_ reason: TerminationReason) -> RunnerEnd {
        if reason == .shutdown {
            return context.outlivesPipeline ? .leftRunning : .lost(reason: "pipeline was shut down")
        }
        let text = "ended: \(reason.rawValue)"
        return .outcome(context.launch.shouldRetry ? .failedMayRetry(reason: text) : .failed(reason: text))
    }

    private func outcome(
        of body: @escaping @Sendable (NativeContext) async throws -> NativeResult
    ) async throws(LostLaunch) -> TaskOutcome {
        do {
            return try await outcome(of: try await limited(body))
        } catch let lost as LostLaunch {
            throw lost
        } catch let failure as NativeFailure {
            return outcome(of: failure)
        } catch let error as FieldError {
            // The runner names fields only; the template of the map index it renders itself.
            guard error.field != "map_index_template" else { return failed(error.exception, error.message) }
            context.log.write(
                "Exception rendering Jinja template for task '\(context.launch.task.id)', field '\(error.field)'. "
                    + "Template: \(error.template.pythonText)",
                level: .error, logger: "airflow.sdk.definitions._internal.templater")
            return failed(error.exception, error.message)
        } catch let error as StoreError {
            return failed("AirflowRuntimeError", error.message)
        } catch let error as TaskServiceError {
            return failed("AirflowRuntimeError", error.message)
        } catch {
            if context.control.terminationReason != nil { context.log.write("Task killed!", level: .error) }
            return failed("\(type(of: error))", "\(error)")
        }
    }

    private func outcome(of result: NativeResult) async throws -> TaskOutcome {
        context.beginPostExecute()
        switch result.ending {
        case .success:
            try await push(result.returnValue)
            return success
        case .skipsDownstream(let targets):
            context.log.write("Skipping downstream tasks.")
            try await context.service.skipDownstream(context.launch.id, targets)
            return success
        case .reschedule(let date):
            context.log.write("Rescheduling task, marking task as UP_FOR_RESCHEDULE")
            return .upForReschedule(at: date)
        case .skipped: return .skipped()
        case .failed(let reason, true): return .failedMayRetry(reason: reason)
        case .failed(let reason, false): return .failed(reason: reason)
        }
    }

    private var success: TaskOutcome {
        .success(outlets: TaskOutlets.profiles(of: context.launch.task.outlets))
    }

    /// Ends the process tree when `execution_timeout` is over, and lets the operation end, since that is what it then
    /// does.
    private func limited(
        _ body: @escaping @Sendable (NativeContext) async throws -> NativeResult
    ) async throws -> NativeResult {
        let work = Task { try await body(context) }
        context.control.whenTerminated { work.cancel() }
        guard let limit = context.launch.task.executionTimeout else { return try await work.value }
        let timer = Task {
            try await context.setup.clock.sleep(for: limit)
            context.log.write("Process timed out", level: .error, extra: ["pid": .int(context.pid)])
            context.control.endProcess()
            work.cancel()
            return true
        }
        let result = await work.result
        timer.cancel()
        guard (try? await timer.value) == true else { return try result.get() }
        // A sensor with soft_fail makes of a timeout what it makes of a failure.
        if case .failure(let failure as NativeFailure) = result, failure.kind == .skip { throw failure }
        throw NativeFailure(.timeout, "Timeout, PID: \(context.pid)")
    }

    private func push(_ value: JSONValue) async throws {
        let native = context.launch.task.native
        guard !value.isNull, native?.attributes["do_xcom_push"] != false else { return }
        context.log.write("Pushing xcom")
        if native?.attributes["multiple_outputs"] == true {
            guard let members = value.objectValue else {
                throw NativeFailure(
                    .failure,
                    "Returned output was type \(Self.typeName(value)) expected dictionary for multiple_outputs",
                    exception: "TypeError")
            }
            for (key, member) in members { try await context.pushXCom(key, member) }
        }
        try await context.pushXCom(XCom.returnKey, value, mappedLength: mappedLength(of: value))
    }

    private static func typeName(_ value: JSONValue) -> String {
        switch value {
        case .null: "<class 'NoneType'>"
        case .bool: "<class 'bool'>"
        case .int: "<class 'int'>"
        case .double: "<class 'float'>"
        case .string: "<class 'str'>"
        case .array: "<class 'list'>"
        case .object: "<class 'dict'>"
        }
    }

    /// The length of a value that a mapped task may be expanded over.
    private func mappedLength(of value: JSONValue) -> Int? {
        switch value {
        case .array(let elements): elements.count
        case .object(let members): members.count
        default: nil
        }
    }

    private func outcome(of failure: NativeFailure) -> TaskOutcome {
        switch failure.kind {
        case .skip:
            context.beginPostExecute()
            context.log.write("Skipping task.", extra: ["reason": .string(failure.description)])
            return .skipped(reason: failure.description)
        case .final, .sensorTimeout:
            logFailure(failure.exception, failure.description)
            return .failed(reason: failure.description)
        case .failure, .timeout: return failed(failure.exception, failure.description, during: failure.context)
        }
    }

    private func failed(_ exception: String, _ text: String, during context: String? = nil) -> TaskOutcome {
        logFailure(exception, text, during: context)
        return .failedMayRetry(reason: text)
    }

    /// In the form in which the SDK logs an exception and the one that was being handled.
    private func logFailure(_ exception: String, _ text: String, during handled: String? = nil) {
        let details = [Self.detail(exception, text)] + (handled.map { [Self.detail($0, "")] } ?? [])
        context.log.write("Task failed with exception", level: .error, extra: ["error_detail": .array(details)])
        context.beginPostExecute()
    }

    private static func detail(_ exception: String, _ text: String) -> JSONValue {
        [
            "exc_type": .string(exception), "exc_value": .string(text), "exc_notes": [], "syntax_error": .null,
            "is_cause": false, "frames": [], "is_group": false, "exceptions": [],
        ]
    }
}
