import PipelineCore
import PipelineTestSupport
import Testing

/// Answers of people, and the end of the time they have.
@Suite struct InputWatchTests {
    private let mailbox = SchedulerMailbox()
    private let store = InMemoryStore()
    private let clock = TestClock()
    private let watch: InputWatch
    private let ada = HITLUser(id: "7", name: "Ada")

    init() {
        watch = InputWatch(store: store, inbox: mailbox, wallClock: clock.wallClock, clock: clock)
    }

    private func task(_ state: TaskState = .awaitingInput, timeout: Duration? = nil) -> TaskInstance {
        var task = TaskInstance(
            id: UUID7(high: 1, low: 2), key: TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: "t"))
        (task.state, task.launchNumber, task.triggerTimeout) = (state, 3, timeout.map { clock.timestamp + $0 })
        return task
    }

    private func ask(_ task: TaskInstance, defaults: [String]? = nil) async throws {
        var run = DAGRun(key: task.key.run, type: .manual, runAfter: clock.timestamp, triggeredBy: .cli)
        run.state = .running
        try await store.commit([.saveRun(run), .saveTask(task)], epoch: 0)
        var detail = HITLDetail(
            tryID: task.id, task: task.key, options: ["Yes", "No"], subject: "?", defaults: defaults,
            createdAt: clock.timestamp)
        detail.params = ["n": ["value": 5, "description": .null, "schema": [:]], "plain": "x"]
        try await store.saveHITLDetail(detail)
    }

    private func respond(_ options: [String]) async throws {
        let response = HITLResponse(
            chosenOptions: options, paramsInput: ["n": 6], respondedBy: ada, respondedAt: clock.timestamp)
        _ = try await store.respond(response, tryID: task().id)
    }

    private func heard() async -> JSONValue? {
        await mailbox.wait()
        for case .triggerFired(let id, .event(let event)) in mailbox.drain() {
            #expect(id == LaunchID(tryID: task().id, number: 3))
            return event
        }
        return nil
    }

    @Test func anAnswerOfAnotherProcessIsSeenWithinASecond() async throws {
        try await ask(task())
        watch.committed([.saveTask(task())], at: clock.timestamp)
        await clock.waitForSleepers()
        try await respond(["Yes"])
        clock.advance(by: InputWatch.interval)
        let event = await heard()
        #expect(event?["chosen_options"] == ["Yes"] && event?["params_input"] == ["n": 6])
        #expect(event?["responded_by_user"] == ["id": "7", "name": "Ada"] && event?["timedout"] == false)
        #expect(event?["responded_at"] == SerdeTime.encoded(clock.timestamp - InputWatch.interval))
    }

    @Test func anAnswerThatCameWhileNobodyWatchedIsSeenAtTheStart() async throws {
        try await ask(task())
        try await respond(["No"])
        watch.loaded([task()])
        #expect(await heard()?["chosen_options"] == ["No"])
    }

    @Test func afterItsTimeTheDefaultsAreTheAnswer() async throws {
        try await ask(task(timeout: .seconds(3)), defaults: ["No"])
        watch.loaded([task(timeout: .seconds(3))])
        for _ in 0..<3 {
            await clock.waitForSleepers()
            clock.advance(by: InputWatch.interval)
        }
        let event = await heard()
        #expect(event?["chosen_options"] == ["No"] && event?["timedout"] == true)
        #expect(event?["params_input"] == ["n": 5, "plain": "x"] && event?["responded_by_user"] == .null)
        #expect(try await store.hitlDetail(tryID: task().id)?.response?.chosenOptions == ["No"])
    }

    @Test func withoutDefaultsItIsAnError() async throws {
        try await ask(task(timeout: .zero))
        watch.loaded([task(timeout: .zero)])
        #expect(await heard()?["error_type"] == "timeout")
        #expect(try await store.hitlDetail(tryID: task().id)?.response == nil)
    }

    @Test func anAnswerJustBeforeTheEndCounts() async throws {
        try await ask(task(timeout: .seconds(1)), defaults: ["No"])
        watch.loaded([task(timeout: .seconds(1))])
        await clock.waitForSleepers()
        try await respond(["Yes"])
        clock.advance(by: InputWatch.interval)
        #expect(await heard()?["chosen_options"] == ["Yes"])
    }

    @Test func nothingIsLookedAtWhenNobodyIsWaitedFor() async throws {
        try await ask(task())
        watch.committed([.saveTask(task())], at: clock.timestamp)
        await clock.waitForSleepers()
        watch.committed([.saveTask(task(.failed))], at: clock.timestamp)
        clock.advance(by: InputWatch.interval)
        try await respond(["Yes"])
        try await watch.look()
        #expect(mailbox.drain().isEmpty)
        #expect(clock.sleeps.count == 1)
    }
}
