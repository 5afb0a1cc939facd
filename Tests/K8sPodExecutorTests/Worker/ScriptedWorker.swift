import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import Testing

/// What the worker of a pod says, and when, counted from the start of its container.
struct ScriptedWorker {
    static let process = StartedProcess(
        hostname: "pod-1", unixname: "airflow", pid: 7, pidStartTime: nil, at: Timestamp(seconds: 1))

    var says: [(after: Duration, notice: WorkerNotice)] = []

    /// Begins at once, and ends so.
    static func reports(_ outcome: TaskOutcome, after: Duration = .seconds(1)) -> ScriptedWorker {
        ScriptedWorker(says: [(.zero, .running(process)), (after, .ended(outcome))])
    }

    /// Starts a launch, speaks for its worker, and lets time pass until the launch is over.
    func play(
        on harness: PodHarness, _ launch: TaskLaunch = PodHarness.launch(), _ reporter: RecordingReporter = .init()
    ) async throws -> WorkerEnd {
        let launched = LaunchedWorker(harness, launch, reporter)
        let isRunning = await harness.double.advance(atMost: .seconds(120)) { !reporter.record.hosts.isEmpty || launched.isOver }
        #expect(isRunning)
        try await speak(on: harness, for: launch)
        return try await launched.end(on: harness)
    }

    func speak(on harness: PodHarness, for launch: TaskLaunch) async throws {
        var time = Duration.zero
        for (after, notice) in says {
            if after > time { await harness.pass(after - time) }
            time = after
            try harness.reports.take(notice, of: launch.id)
        }
    }
}

/// A launch of a worker that was handed over.
final class LaunchedWorker: Sendable {
    let task: Task<WorkerEnd, any Error>
    private let over = Flag()

    init(
        _ harness: PodHarness, _ launch: TaskLaunch, _ reporter: RecordingReporter, on executor: PodExecutor? = nil
    ) {
        let executor = executor ?? harness.executor
        task = Task { try await executor.runWorker(launch, reporter: reporter) }
        Task { [self] in
            _ = await task.result
            over.raise()
        }
    }

    var isOver: Bool { over.isRaised }

    func end(on harness: PodHarness, within limit: Duration = .seconds(120)) async throws -> WorkerEnd {
        guard await harness.double.advance(atMost: limit, until: { isOver }) else {
            task.cancel()
            throw Overdue()
        }
        return try await task.value
    }
}
