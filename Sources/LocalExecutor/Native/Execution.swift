import Jinja
import PipelineCore

/// One run of an operation: its time limit, its result as XCom, its exceptions as outcomes.
/// Source: Airflow 3.3 `sdk/execution_time/task_runner.py` (`run`).
struct Execution: Sendable {
    let context: NativeContext

    func outcome(of body: @escaping @Sendable (NativeContext) async throws -> NativeResult) async -> TaskOutcome {
        do {
            let result = try await limited(body)
            if case .success = result.outcome { try await push(result.returnValue) }
            return withOutlets(result.outcome)
        } catch let failure as NativeFailure {
            return outcome(of: failure)
        } catch let error as JinjaError {
            return failed(Self.text(of: error))
        } catch {
            return failed("\(error)")
        }
    }

    /// Ends the process tree when `execution_timeout` is over.
    private func limited(
        _ body: @escaping @Sendable (NativeContext) async throws -> NativeResult
    ) async throws -> NativeResult {
        guard let limit = context.launch.task.executionTimeout else { return try await body(context) }
        return try await withThrowingTaskGroup(of: NativeResult?.self) { group in
            group.addTask { try await body(context) }
            group.addTask {
                try await context.setup.clock.sleep(for: limit)
                return nil
            }
            guard let first = try await group.next(), let result = first else {
                context.control.terminate(.superseded)
                _ = try? await group.next()
                throw NativeFailure(.timeout, "Timeout, PID: \(context.launch.instance.pid ?? 0)")
            }
            group.cancelAll()
            return result
        }
    }

    private func push(_ value: JSONValue) async throws {
        guard !value.isNull, context.launch.task.native?.attributes["do_xcom_push"] != false else { return }
        context.log.write("Pushing xcom")
        try await context.pushXCom(XCom.returnKey, value, mappedLength: mappedLength(of: value))
    }

    /// The length of a value that a mapped task may be expanded over.
    private func mappedLength(of value: JSONValue) -> Int? {
        switch value {
        case .array(let elements): elements.count
        case .object(let members): members.count
        default: nil
        }
    }

    private func withOutlets(_ outcome: TaskOutcome) -> TaskOutcome {
        guard case .success(let outlets, let events) = outcome, outlets.isEmpty else { return outcome }
        return .success(outlets: TaskOutlets.profiles(of: context.launch.task.outlets), outletEvents: events)
    }

    private func outcome(of failure: NativeFailure) -> TaskOutcome {
        switch failure.kind {
        case .skip:
            context.log.write("Skipping task.", extra: ["reason": .string(failure.description)])
            return .skipped(reason: failure.description)
        case .final, .sensorTimeout:
            logFailure(failure.kind.rawValue, failure.description)
            return .failed(reason: failure.description)
        case .failure, .timeout:
            logFailure(failure.kind.rawValue, failure.description)
            return .failedMayRetry(reason: failure.description)
        }
    }

    private func failed(_ text: String) -> TaskOutcome {
        logFailure(NativeFailure.Kind.failure.rawValue, text)
        return .failedMayRetry(reason: text)
    }

    /// In the form in which the SDK logs an exception.
    private func logFailure(_ kind: String, _ text: String) {
        let detail: JSONValue = [["exc_type": .string(kind), "exc_value": .string(text), "frames": []]]
        context.log.write("Task failed with exception", level: .error, extra: ["error_detail": detail])
    }

    private static func text(of error: JinjaError) -> String {
        switch error {
        case .template(let exception, let message, _): "\(exception): \(message)"
        case .unsupported: error.description
        }
    }
}
