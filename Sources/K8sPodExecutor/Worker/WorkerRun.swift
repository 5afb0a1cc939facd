import PipelineCore

/// One launch in a pod of workers: its pod is followed, its reports are heard, and both together say what became of it.
struct WorkerRun: Sendable {
    let launch: TaskLaunch
    let reports: any WorkerReports
    /// How long a pod may run on after its worker's last word.
    let endGrace: Duration
    let clock: any Clock<Duration>
    /// Runs the pod to its end; a cancellation ends it.
    let pod: @Sendable () async throws -> PodResult

    private enum News: Sendable {
        case course(WorkerCourse)
        /// The pod runs on though its time after the worker's last word is over, or nobody wants it any more.
        case overdue
    }

    /// - Throws: `CancellationError`
    func run() async throws -> WorkerEnd {
        let signal = Signal()
        reports.open(launch.id) { signal.raise() }
        defer { reports.close(launch.id) }
        let course = try await course(signal)
        let report = await reports.report(of: launch.id)
        switch WorkerRules.decision(report, course, losses: launch.instance.lossCount) {
        case .conclude(let end): return end
        case .awaitEnd, .wait: throw CancellationError()
        }
    }

    /// How the pod ended, by itself or because its time was over.
    private func course(_ signal: Signal) async throws -> WorkerCourse {
        try await withThrowingTaskGroup(of: News.self) { group in
            group.addTask { .course(try await followed()) }
            group.addTask {
                await lastWordAndGrace(signal)
                return .overdue
            }
            defer { group.cancelAll() }
            guard case .course(let course)? = try await group.next() else {
                group.cancelAll()
                return try await ended(&group)
            }
            return course
        }
    }

    /// The pod was cancelled, and is gone once this returns; it may have ended by itself at that moment.
    private func ended(_ group: inout ThrowingTaskGroup<News, any Error>) async throws -> WorkerCourse {
        do {
            if case .course(let course)? = try await group.next() { return course }
        } catch is CancellationError {
            try Task.checkCancellation()
        }
        return .failed(PodFailure(.timeout, "the pod ran on after its worker's last word, and was deleted"))
    }

    private func followed() async throws -> WorkerCourse {
        do {
            return .ended(try await pod())
        } catch let failure as PodFailure {
            return .failed(failure)
        }
    }

    private func lastWordAndGrace(_ signal: Signal) async {
        while !Task.isCancelled {
            let report = await reports.report(of: launch.id)
            guard WorkerRules.decision(report, .underWay, losses: 0) == .awaitEnd else {
                await signal.wait()
                continue
            }
            return (try? await clock.sleep(for: endGrace, tolerance: nil)) ?? ()
        }
    }
}
