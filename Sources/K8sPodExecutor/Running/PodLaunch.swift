import KubernetesClient
import PipelineCore
import Synchronization

/// One launch: its pod, and those that follow where the memory was too small.
///
/// Who waits for its result keeps one continuation, and nothing else of it is suspended while its pod runs.
final class PodLaunch: Sendable {
    /// How its pods are made.
    struct Plan: Sendable {
        let launch: LaunchID
        let run: RunKey
        let priority: Int
        /// Whether another pod may follow one that ran out of memory.
        let mayFollow: @Sendable () async -> Bool
        /// How the pod of an attempt is made, counted from 1.
        let build: @Sendable (Int) -> @Sendable () throws -> PodRequest
        /// What is sent of it, made each time that it is sent.
        let sealed: @Sendable (PodRequest) -> PodRequest
    }

    /// Keeps what is let go early out of what stays.
    private final class Making: Sendable {
        let plan: Plan
        init(_ plan: Plan) { self.plan = plan }
    }

    private struct State {
        /// Let go once the pod is there, where no other one may follow.
        var making: Making?
        var attempt = 1
        var memory: String?
        var run: PodRun?
        var earlier: [PodRun] = []
        var isCancelled = false
        var waiter: CheckedContinuation<Void, Never>?
        var end: End?
    }

    private final class End: Sendable {
        let result: Result<PodResult, any Error>
        init(_ result: Result<PodResult, any Error>) { self.result = result }
    }

    private let launch: LaunchID
    private let cluster: PodCluster
    private let reporter: any PodReporter
    private let state: Mutex<State>

    init(_ plan: Plan, cluster: PodCluster, reporter: any PodReporter) {
        launch = plan.launch
        self.cluster = cluster
        self.reporter = reporter
        state = Mutex(State(making: Making(plan)))
        cluster.janitor.begin(plan.launch, of: plan.run)
    }

    /// - Throws: ``PodFailure``, `CancellationError`
    func result() async throws -> PodResult {
        await untilEnd()
        guard let end = state.withLock({ $0.end }) else { throw CancellationError() }
        return try end.result.get()
    }

    /// Hands nothing on: room for a result in each frame would wait with it.
    private func untilEnd() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiter = continuation }
                startNext()
            }
        } onCancel: {
            let run = state.withLock { state in
                state.isCancelled = true
                return state.run
            }
            run?.cancel()
        }
    }

    private func startNext() {
        let (making, attempt, memory) = state.withLock { ($0.making, $0.attempt, $0.memory) }
        guard let plan = making?.plan else { return }
        do {
            let build = PodBuild(plan.build(attempt), memory: memory, priority: plan.priority, sealed: plan.sealed)
            start(PodRun(PodReference(try build.request()), build, cluster: cluster, reporter: reporter))
        } catch {
            finish(.failure(error))
        }
    }

    private func start(_ run: PodRun) {
        let isCancelled = state.withLock { state in
            if let earlier = state.run { state.earlier.append(earlier) }
            state.run = run
            // No other pod can follow: what would make it is not held while this one runs.
            if run.pod.plan.memory == nil { state.making = nil }
            return state.isCancelled
        }
        if isCancelled { run.cancel() }
        run.start { [self] in ended(run, $0) }
    }

    private func ended(_ run: PodRun, _ result: Result<PodResult, any Error>) {
        guard case .success(let end) = result, end.exitCode == 137, end.reason == PodExecutor.outOfMemory,
            let plan = state.withLock({ $0.making })?.plan
        else { return finish(result) }
        Task { await follow(run, end, plan) }
    }

    private func follow(_ run: PodRun, _ end: PodResult, _ plan: Plan) async {
        do {
            let build = PodBuild(plan.build(run.pod.identity.attempt), memory: state.withLock { $0.memory })
            guard let larger = try build.request().memoryAfterShortage(), await plan.mayFollow() else {
                return finish(.success(end))
            }
            reporter.say("Pod \(end.name) ran out of memory; the next one asks for \(larger)", isProblem: true)
            // The next one may want the same devices.
            if let (pod, ending) = run.leftover { _ = await cluster.janitor.endSidecar(pod, ending) }
            state.withLock { state in (state.attempt, state.memory) = (state.attempt + 1, larger) }
            startNext()
        } catch {
            finish(.failure(error))
        }
    }

    private func finish(_ result: Result<PodResult, any Error>) {
        let (waiter, runs) = state.withLock { state in
            defer { (state.making, state.run, state.earlier) = (nil, nil, []) }
            state.end = End(result)
            return (state.waiter.take(), state.earlier + (state.run.map { [$0] } ?? []))
        }
        // Only now: a restart must find every pod of a launch that goes on.
        let isLeft = reporter.terminationReason == .shutdown
        cluster.janitor.settle(launch, isLeft ? [] : runs.compactMap(\.leftover))
        waiter?.resume()
    }
}
