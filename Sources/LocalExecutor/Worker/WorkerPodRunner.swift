package import PipelineCore

/// Runs tries that need a process in pods of Airflow's worker image.
package struct WorkerPodRunner: TaskRunner {
    private let workers: any WorkerLauncher
    private let service: any TaskService
    private let setup: LocalExecutorSetup

    package init(_ workers: any WorkerLauncher, service: any TaskService, setup: LocalExecutorSetup) {
        self.workers = workers
        self.service = service
        self.setup = setup
    }

    package func run(_ launch: TaskLaunch, control: LaunchControl) async -> RunnerEnd {
        let log: TaskLog
        do {
            log = TaskLog(
                descriptor: try setup.logs.openForAppending(launch.logPath), instance: launch.instance,
                wallClock: setup.wallClock, maximumBytes: setup.maximumLogBytes)
        } catch {
            return .notStarted(reason: "\(error)")
        }
        let reporter = WorkerReporter(launch, log: log, service: service, control: control, setup: setup)
        let work = Task { try await workers.runWorker(launch, reporter: reporter) }
        control.whenTerminated { work.cancel() }
        let end = Self.end(await work.result)
        control.processEnded()
        return await concluded(end, launch, reporter, log)
    }

    /// - Returns: `nil` for a launch that somebody has ended.
    private static func end(_ result: Result<WorkerEnd, any Error>) -> RunnerEnd? {
        switch result {
        case .success(.outcome(let outcome)): .outcome(outcome)
        case .success(.lost(let reason)): .lost(reason: reason)
        case .failure(is CancellationError): nil
        case .failure(let failure as PodFailure): end(.success(failure.end))
        case .failure(let error): .outcome(.died(reason: "\(error)"))
        }
    }

    private func concluded(
        _ end: RunnerEnd?, _ launch: TaskLaunch, _ reporter: WorkerReporter, _ log: TaskLog
    ) async -> RunnerEnd {
        if reporter.terminationReason == .shutdown { return .leftRunning }
        if case .lost(let reason)? = end {
            log.write("The launch is lost: \(reason)", level: .error)
            return .lost(reason: reason)
        }
        // One that failed before its pod ran has not told of its start.
        await reporter.started(host: setup.hostname, image: nil)
        if let reason = reporter.terminationReason {
            let text = "ended: \(reason.rawValue)"
            return .outcome(.died(reason: text))
        }
        let known = end ?? .lost(reason: "the launch was interrupted")
        if case .outcome(let outcome) = known { Self.tell(outcome, log) }
        return known
    }

    /// The worker's own log says what its task did; that a pod did something else is said here.
    private static func tell(_ outcome: TaskOutcome, _ log: TaskLog) {
        switch outcome {
        case .failed(let reason), .failedMayRetry(let reason, _), .died(let reason, _): log.write("Task failed: \(reason)", level: .error)
        case .success, .skipped, .removed, .upForReschedule, .deferred, .awaitingInput: break
        }
    }
}
