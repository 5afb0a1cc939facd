import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

/// When the deadlines of a new run are.
@Suite struct DeadlineEvaluatorTests {
    private static let start = Timestamp(seconds: 1_767_225_600)
    private let store = InMemoryStore()
    private let clock = TestClock(start: DeadlineEvaluatorTests.start)
    private let notes = Notes()

    private final class Notes: Sendable {
        private let state = Mutex<[String]>([])
        var all: [String] { state.withLock { $0 } }
        func add(_ text: String) { state.withLock { $0.append(text) } }
    }

    private func run(_ number: Int = 1) -> DAGRun {
        var run = DAGRun(
            key: RunKey(dagID: "dag", runID: "r\(number)"), type: .manual, runAfter: Self.start + .seconds(number),
            triggeredBy: .cli)
        (run.logicalDate, run.queuedAt) = (Self.start - .seconds(100), Self.start + .seconds(7))
        return run
    }

    private func deadlines(
        _ reference: DeadlineAlert.Reference, _ interval: DeadlineAlert.Interval = .fixed(.seconds(60)),
        environment: [String: String] = [:], rules: [NotificationRule] = [], run: DAGRun? = nil
    ) async throws -> [Deadline] {
        var builder = DAGBuilder()
        let callback = DeadlineCallback(isAsync: false, path: "own.tell", kwargs: [:])
        builder.header.deadlines = [
            DeadlineAlert(name: "n", reference: reference, interval: interval, callback: callback)
        ]
        let evaluator = DeadlineEvaluator(
            store: store, secrets: EnvironmentSecrets(environment), rules: rules, wallClock: clock.wallClock,
            custom: { run, dag, path, data in path == "own.Never" ? nil : Self.start + .seconds(path.count) },
            note: { [notes] in notes.add($0) })
        return try await evaluator.deadlines(of: run ?? self.run(), try builder.build())
    }

    private func seconds(_ deadlines: [Deadline]) -> [Double] { deadlines.map { ($0.time - Self.start).inSeconds } }

    @Test(
        arguments: [
            (.logicalDate, [-40]), (.queuedAt, [67]), (.fixed(start + .seconds(500)), [560]),
            (.custom(path: "own.Reference", data: [:]), [73]), (.custom(path: "own.Never", data: [:]), []),
        ] as [(DeadlineAlert.Reference, [Double])])
    func theIntervalIsAddedToTheReference(_ reference: DeadlineAlert.Reference, _ wanted: [Double]) async throws {
        let deadlines = try await deadlines(reference)
        #expect(seconds(deadlines) == wanted)
        #expect(deadlines.allSatisfy { $0.name == "n" && $0.run == run().key && !$0.isMissed })
        #expect(deadlines.allSatisfy { $0.sinceQueued == (reference == .queuedAt ? .seconds(60) : nil) })
        #expect(notes.all.isEmpty)
    }

    @Test func theAverageIsThatOfTheLastSuccessfulRuns() async throws {
        for (number, state, seconds) in [(1, RunState.success, 900), (2, .success, 10), (3, .failed, 500), (4, .success, 20)] {
            var past = run(number)
            (past.state, past.startDate, past.endDate) = (state, Self.start, Self.start + .seconds(seconds))
            try await store.commit([.saveRun(past)], epoch: 0)
        }
        #expect(seconds(try await deadlines(.averageRuntime(maxRuns: 2, minRuns: 2), run: run(9))) == [75])
        #expect(seconds(try await deadlines(.averageRuntime(maxRuns: 10, minRuns: 3), run: run(9))) == [370])
        #expect(try await deadlines(.averageRuntime(maxRuns: 10, minRuns: 4), run: run(9)).isEmpty)
        #expect(notes.all.isEmpty)
    }

    @Test func anIntervalMayStandInAVariable() async throws {
        try await store.setVariable(Variable(key: "limit", value: "90"))
        #expect(seconds(try await deadlines(.queuedAt, .variable("limit"))) == [97])
        let environment = ["AIRFLOW_VAR_LIMIT": "30"]
        #expect(seconds(try await deadlines(.queuedAt, .variable("limit"), environment: environment)) == [37])
    }

    @Test(arguments: [nil, "soon", "-1", "99999999999999"]) func whatCannotBeWorkedOutIsSaid(_ value: String?) async throws {
        if let value { try await store.setVariable(Variable(key: "limit", value: value)) }
        #expect(try await deadlines(.queuedAt, .variable("limit")).isEmpty)
        #expect(notes.all.count == 1 && notes.all[0].hasPrefix("run dag/r1 has no deadline n: "))
        #expect(notes.all[0].contains("'limit'"))
    }

    @Test func aRunWithoutLogicalDateHasNone() async throws {
        var undated = run()
        undated.logicalDate = nil
        #expect(try await deadlines(.logicalDate, run: undated).isEmpty)
        #expect(notes.all == ["run dag/r1 has no deadline n: the run has no logical date"])
    }

    @Test func longRunsAreADeadlineOfTheSettings() async throws {
        let rules = [
            NotificationRule(target: "t", events: [.longRunning], longRunningAfter: .seconds(30)),
            NotificationRule(target: "u", events: [.longRunning], dagIDs: ["other"], longRunningAfter: .seconds(30)),
        ]
        let deadlines = try await deadlines(.custom(path: "own.Never", data: [:]), rules: rules)
        #expect(deadlines.map(\.action) == [.longRunning(target: "t")] && seconds(deadlines) == [37])
    }
}
