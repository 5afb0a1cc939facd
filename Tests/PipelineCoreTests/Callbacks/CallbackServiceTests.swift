import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

/// Callbacks run after the commit that asks for them, and go with the commit that records them.
@Suite(.timeLimit(.minutes(5))) struct CallbackServiceTests {
    /// Runs nothing: tests say how a callback ends.
    private final class ScriptedRunner: CallbackRunner {
        private struct State {
            var begun: [UInt64] = []
            var ends: [CallbackEnd]
            var gates: [CheckedContinuation<Void, Never>] = []
            var isOpen: Bool
        }

        private let state: Mutex<State>

        init(_ ends: [CallbackEnd] = [], isOpen: Bool = true) { state = Mutex(State(ends: ends, isOpen: isOpen)) }

        var begun: [UInt64] { state.withLock { $0.begun } }

        func open() {
            for gate in state.withLock({ state in
                state.isOpen = true
                defer { state.gates = [] }
                return state.gates
            }) { gate.resume() }
        }

        func run(_ request: CallbackRequest) async -> CallbackEnd {
            state.withLock { $0.begun.append(request.id.low) }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isOpen = state.withLock { state in
                        if !state.isOpen, !Task.isCancelled { state.gates.append(continuation) }
                        return state.isOpen || Task.isCancelled
                    }
                    if isOpen { continuation.resume() }
                }
            } onCancel: {
                open()
            }
            if Task.isCancelled { return .interrupted }
            return state.withLock { $0.ends.isEmpty ? .done : $0.ends.removeFirst() }
        }
    }

    private let store = InMemoryStore()
    private let clock = TestClock()
    private let notes = Notes()

    private final class Notes: Sendable {
        private let state = Mutex<[String]>([])
        var all: [String] { state.withLock { $0 } }
        func add(_ text: String) { state.withLock { $0.append(text) } }
    }

    private func service(_ runner: ScriptedRunner, _ change: (inout CallbackService.Settings) -> Void = { _ in })
        -> CallbackService
    {
        var settings = CallbackService.Settings()
        change(&settings)
        return CallbackService(
            runner: runner, store: store, epoch: 0, settings: settings, wallClock: clock.wallClock, clock: clock,
            note: { [notes] in notes.add($0) })
    }

    private func commit(_ numbers: ClosedRange<UInt64>, to service: CallbackService) async throws {
        var run = DAGRun(
            key: RunKey(dagID: "d", runID: "r"), type: .manual, runAfter: clock.timestamp, triggeredBy: .cli)
        run.state = .running
        let changes: [StoreChange] = numbers.map { number in
            .saveCallback(
                CallbackRequest(
                    id: UUID7(high: 1, low: number), run: run.key,
                    work: .dag(isFailure: true, reason: "task_failure", task: nil), createdAt: clock.timestamp))
        }
        try await store.commit([.saveRun(run)] + changes, epoch: 0)
        service.committed(changes, at: clock.timestamp)
        service.committed(changes, at: clock.timestamp)
    }

    private func left() async throws -> [UInt64] { try await store.callbacks().map(\.id.low) }

    @Test func whatHasRunIsGone() async throws {
        let runner = ScriptedRunner()
        let service = service(runner)
        try await commit(1...3, to: service)
        await service.finish()
        #expect(runner.begun.sorted() == [1, 2, 3])
        #expect(try await left().isEmpty)
        #expect(notes.all.isEmpty)
    }

    @Test func aFailureIsAWarningAndNotRepeated() async throws {
        let runner = ScriptedRunner([.failed(reason: "ValueError: no")])
        let service = service(runner)
        try await commit(1...1, to: service)
        await service.finish()
        #expect(runner.begun == [1])
        #expect(try await left().isEmpty)
        #expect(notes.all == ["on_failure_callback of run d/r failed: ValueError: no"])
    }

    @Test func onlySoManyRunAtOnce() async throws {
        let runner = ScriptedRunner(isOpen: false)
        let service = service(runner) { $0.maximumRunning = 2 }
        try await commit(1...5, to: service)
        for _ in 0..<100 { await Task.yield() }
        #expect(runner.begun.count <= 2)
        runner.open()
        await service.finish()
        #expect(runner.begun.sorted() == [1, 2, 3, 4, 5])
    }

    @Test func whatReachesNobodyIsTriedAgainLater() async throws {
        let runner = ScriptedRunner([.unreachable(reason: "refused"), .unreachable(reason: "refused")])
        let service = service(runner)
        try await commit(1...1, to: service)
        await service.finish()
        let first = try #require(try await store.callbacks().first)
        #expect(first.attempts == 1 && first.dueAt == clock.timestamp + .seconds(10))
        await clock.waitForSleepers()
        clock.advance(by: .seconds(10))
        while runner.begun.count < 2 { await Task.yield() }
        await service.finish()
        #expect(try await store.callbacks().first?.dueAt == clock.timestamp + .seconds(20))
        await clock.waitForSleepers()
        clock.advance(by: .seconds(20))
        while runner.begun.count < 3 { await Task.yield() }
        await service.finish()
        #expect(try await left().isEmpty)
    }

    @Test func atSomePointItIsGivenUp() async throws {
        let runner = ScriptedRunner([.unreachable(reason: "refused")])
        let service = service(runner) { $0.retry.attempts = 1 }
        try await commit(1...1, to: service)
        await service.finish()
        #expect(try await left().isEmpty)
        #expect(notes.all == ["on_failure_callback of run d/r is given up after 1 attempts: refused"])
    }

    @Test func aRestartRunsWhatWasNotRecorded() async throws {
        let runner = ScriptedRunner(isOpen: false)
        let first = service(runner) { $0.grace = .seconds(5) }
        try await commit(1...1, to: first)
        while runner.begun.isEmpty { await Task.yield() }
        async let ending: Void = first.shutdown()
        await clock.waitForSleepers()
        clock.advance(by: .seconds(5))
        await ending
        #expect(try await left() == [1])
        let second = service(runner)
        second.take(try await store.callbacks())
        await second.finish()
        #expect(runner.begun == [1, 1])
        #expect(try await left().isEmpty)
    }

    @Test func anEndThatCouldNotBeRecordedIsSaidAndRepeatedByTheNextLeader() async throws {
        let runner = ScriptedRunner(isOpen: false)
        let service = service(runner)
        try await commit(1...1, to: service)
        while runner.begun.isEmpty { await Task.yield() }
        _ = try await store.takeLeadership(holder: "other", at: clock.timestamp)
        runner.open()
        await service.finish()
        #expect(try await left() == [1])
        #expect(notes.all.first?.contains("it will run again") == true)
    }

    @Test func afterTheEndNothingBegins() async throws {
        let runner = ScriptedRunner()
        let service = service(runner)
        await service.shutdown()
        try await commit(1...1, to: service)
        await service.finish()
        #expect(runner.begun.isEmpty)
        #expect(try await left() == [1])
    }
}
