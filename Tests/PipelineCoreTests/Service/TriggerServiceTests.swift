import PipelineCore
import PipelineTestSupport
import Testing

/// Triggers follow the commits of a scheduler.
@Suite struct TriggerServiceTests {
    private struct NoDAGs: DAGProvider {
        func latest(dagID: String) async throws -> PinnedDAG? { nil }
        func version(_ id: UUID7) async throws -> PinnedDAG? { nil }
        func manualDataInterval(of dag: DAG, at instant: Timestamp) async throws -> DataInterval? { nil }
        func partition(of dag: DAG, key: String) async throws -> RunPartition { RunPartition(key: key, date: nil) }
    }

    private let host = ScriptedTriggerHost()
    private let mailbox = SchedulerMailbox()
    private let store = InMemoryStore()
    private let clock = TestClock()
    private let service: TriggerService

    init() {
        let tasks = StoreTaskService(
            store: store, inbox: mailbox, dags: NoDAGs(), secrets: EnvironmentSecrets([:]), wallClock: clock.wallClock,
            epoch: 0)
        service = TriggerService(host: host, inbox: mailbox, service: tasks, wallClock: clock.wallClock)
    }

    private func task(_ launch: Int = 1, _ state: TaskState = .deferred, _ name: String = "own.T") -> TaskInstance {
        var task = TaskInstance(
            id: UUID7(high: 1, low: 2), key: TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: "t"))
        (task.state, task.launchNumber) = (state, launch)
        if state == .deferred { (task.triggerClass, task.triggerKwargs) = (name, ["x": 1]) }
        return task
    }

    private func commit(_ changes: StoreChange...) { service.committed(changes, at: clock.timestamp) }

    private func id(_ launch: Int = 1) -> LaunchID { LaunchID(tryID: task().id, number: launch) }

    /// The triggers that the mailbox has heard of.
    private func fired() -> [(LaunchID, TriggerOutcome)] {
        mailbox.drain().compactMap { if case .triggerFired(let id, let outcome) = $0 { (id, outcome) } else { nil } }
    }

    @Test func aDeferredTryHasATriggerUntilItGoesOn() {
        commit(.saveTask(task()))
        commit(.saveTask(task()))
        #expect(host.running == [id()])
        commit(.saveTask(task(1, .scheduled)))
        #expect(host.running.isEmpty && host.stopped == [id()])
    }

    @Test func anArchivedTryHasNone() {
        commit(.saveTask(task()))
        commit(.archiveTask(task(1, .failed)))
        #expect(host.stopped == [id()])
    }

    @Test func triggersOfTimeAreTheMachines() {
        var timed = task(1, .deferred, "airflow.providers.standard.triggers.temporal.DateTimeTrigger")
        timed.triggerKwargs = ["moment": SerdeTime.encoded(clock.timestamp)]
        commit(.saveTask(timed))
        #expect(host.running.isEmpty)
    }

    @Test func aRestartBringsThemBack() {
        service.loaded([task(), task(1, .running)].map { $0 })
        #expect(host.running.isEmpty && host.stopped == [id()])
        service.loaded([task(2)])
        #expect(host.running == [id(2)])
    }

    @Test func whatItSaysIsPostedUnderItsLaunch() {
        commit(.saveTask(task()))
        host.fire(id(), TriggerReport(.event("x")))
        let heard = fired()
        #expect(heard.map(\.0) == [id()] && heard.map(\.1) == [.event("x")])
    }

    @Test func anOlderDeferralIsNotHeard() {
        commit(.saveTask(task(1)))
        commit(.saveTask(task(2)))
        #expect(host.running == [id(2)] && host.stopped == [id(1)])
        host.fire(id(1), TriggerReport(.event("late")))
        #expect(fired().isEmpty)
        host.fire(id(2), TriggerReport(.event("now")))
        #expect(fired().map(\.0) == [id(2)])
    }

    @Test func valuesOfATriggerThatEndsItsTaskAreStoredFirst() async throws {
        var run = DAGRun(key: RunKey(dagID: "d", runID: "r"), type: .manual, runAfter: clock.timestamp, triggeredBy: .cli)
        run.state = .running
        try await store.commit([.saveRun(run), .saveTask(task())], epoch: 0)
        commit(.saveTask(task()))
        host.fire(id(), TriggerReport(.taskSucceeded, xcoms: ["return_value": [1, 2]]))
        var heard: [(LaunchID, TriggerOutcome)] = []
        while heard.isEmpty {
            await mailbox.wait()
            heard = fired()
        }
        #expect(heard.map(\.1) == [.taskSucceeded])
        let xcom = try await store.xcom(task().key, key: "return_value")
        #expect(xcom?.value == [1, 2] && xcom?.mappedLength == 2)
    }

    @Test func valuesThatCannotBeStoredFailTheTask() async {
        commit(.saveTask(task()))
        host.fire(id(), TriggerReport(.taskSucceeded, xcoms: ["k": 1]))  // The store knows no such run.
        var heard: [(LaunchID, TriggerOutcome)] = []
        while heard.isEmpty {
            await mailbox.wait()
            heard = fired()
        }
        guard case .failed(let lines?)? = heard.first?.1 else {
            Issue.record("\(heard)")
            return
        }
        #expect(lines[0].contains("XCom"))
    }

    @Test func afterTheEndNothingIsStarted() async {
        await service.shutdown()
        commit(.saveTask(task()))
        #expect(host.running.isEmpty && host.isShutDown)
    }
}
