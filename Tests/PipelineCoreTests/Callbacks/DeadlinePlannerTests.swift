import PipelineCore
import PipelineTestSupport
import Testing

/// Deadlines come once, or not at all.
@Suite struct DeadlinePlannerTests {
    private static let start = Timestamp(seconds: 1_767_225_600)
    private static let call = DeadlineCallback(isAsync: false, path: "own.tell", kwargs: [:])

    private func run(_ state: RunState = .running, queued: Int = 0, ended: Int? = nil) -> DAGRun {
        var run = DAGRun(key: RunKey(dagID: "d", runID: "r"), type: .manual, runAfter: Self.start, triggeredBy: .cli)
        run.state = state
        run.queuedAt = Self.start + .seconds(queued)
        run.endDate = ended.map { Self.start + .seconds($0) }
        return run
    }

    private func deadline(
        _ seconds: Int, number: UInt64 = 1, sinceQueued: Duration? = nil, _ action: Deadline.Action = .callback(call)
    ) -> Deadline {
        Deadline(
            id: UUID7(high: 1, low: number), run: RunKey(dagID: "d", runID: "r"), name: "late",
            time: Self.start + .seconds(seconds), sinceQueued: sinceQueued, action: action)
    }

    private func turn(_ seconds: Int, _ changes: StoreChange...) -> PlanningTurn {
        PlanningTurn(now: Self.start + .seconds(seconds), changes: changes)
    }

    private func planner(_ rules: [NotificationRule] = []) -> DeadlinePlanner {
        DeadlinePlanner([], rules: rules, seed: 1)
    }

    @Test func aDeadlineThatComesIsMissedOnce() {
        var planner = planner()
        #expect(planner.nextWake == nil)
        #expect(planner.plan(turn(0, .saveRun(run()), .saveDeadline(deadline(60)))).isEmpty)
        #expect(planner.nextWake == Self.start + .seconds(60))
        #expect(planner.plan(turn(59)).isEmpty)
        let plan = planner.plan(turn(60))
        guard plan.changes.count == 2, case .saveDeadline(let missed) = plan.changes[0],
            case .saveCallback(let request) = plan.changes[1]
        else {
            Issue.record("\(plan.changes)")
            return
        }
        #expect(missed.isMissed)
        #expect(
            request.work == .deadline(Self.call, deadlineID: missed.id, deadlineTime: Self.start + .seconds(60)))
        #expect(planner.plan(turn(61)).isEmpty)
        #expect(planner.nextWake == nil)
    }

    @Test func aSuccessBeforeMakesItVoid() {
        var planner = planner()
        _ = planner.plan(turn(0, .saveRun(run()), .saveDeadline(deadline(60))))
        let plan = planner.plan(turn(59, .saveRun(run(.success, ended: 59))))
        #expect(plan.changes == [.deleteDeadline(deadline(60).id)])
        #expect(planner.nextWake == nil)
    }

    @Test func aRunMayBeginAndSucceedInOneTurn() {
        var planner = planner()
        let plan = planner.plan(turn(0, .saveRun(run(.success, ended: 0)), .saveDeadline(deadline(60))))
        #expect(plan.changes == [.deleteDeadline(deadline(60).id)])
    }

    @Test func aSuccessThatCameTooLateHasMissedIt() {
        var planner = planner()
        _ = planner.plan(turn(0, .saveRun(run()), .saveDeadline(deadline(60))))
        let plan = planner.plan(turn(70, .saveRun(run(.success, ended: 70))))
        #expect(plan.changes.count == 2)
    }

    @Test func aFailedRunMissesItsDeadlineAllTheSame() {
        var planner = planner()
        _ = planner.plan(turn(0, .saveRun(run()), .saveDeadline(deadline(60))))
        #expect(planner.plan(turn(30, .saveRun(run(.failed, ended: 30)))).isEmpty)
        #expect(planner.plan(turn(60)).changes.count == 2)
    }

    @Test func aRestartGoesOnWithWhatTheStoreHas() {
        var planner = DeadlinePlanner([(deadline(60), run())], rules: [], seed: 2)
        #expect(planner.nextWake == Self.start + .seconds(60))
        #expect(planner.plan(turn(600)).changes.count == 2)
        #expect(planner.plan(turn(601)).isEmpty)
    }

    @Test func aClearQueuesAnew() {
        var planner = planner()
        _ = planner.plan(turn(0, .saveRun(run()), .saveDeadline(deadline(60, sinceQueued: .seconds(60)))))
        let plan = planner.plan(turn(30, .saveRun(run(.queued, queued: 30))))
        #expect(plan.changes == [.saveDeadline(deadline(90, sinceQueued: .seconds(60)))])
        #expect(planner.plan(turn(60)).isEmpty)
        #expect(planner.plan(turn(90)).changes.count == 2)
    }

    @Test func anyEndMakesLongRunningVoid() {
        var planner = planner()
        let long = deadline(60, .longRunning(target: "http://a"))
        _ = planner.plan(turn(0, .saveRun(run()), .saveDeadline(long)))
        #expect(planner.plan(turn(59, .saveRun(run(.failed, ended: 59)))).changes == [.deleteDeadline(long.id)])
    }

    @Test func rulesAreToldOfMissedDeadlinesAndLongRuns() {
        var planner = planner([NotificationRule(target: "http://a", events: [.deadline])])
        let long = deadline(61, number: 2, .longRunning(target: "http://b"))
        _ = planner.plan(turn(0, .saveRun(run()), .saveDeadline(deadline(60)), .saveDeadline(long)))
        let told = planner.plan(turn(61)).changes.compactMap { change -> String? in
            guard case .saveCallback(let request) = change, case .webhook(let target, let body) = request.work else { return nil }
            return "\(target) \(body["event"]?.stringValue ?? "") \(body["deadline_name"]?.stringValue ?? "-")"
        }
        #expect(told == ["http://a deadline late", "http://b long_running late"])
    }

    @Test func runsWithoutDeadlinesAreForgotten() {
        var planner = planner()
        _ = planner.plan(turn(0, .saveRun(run())))
        // Were the run still known, its success would make void what is told later.
        _ = planner.plan(turn(1, .saveRun(run(.success, ended: 1))))
        #expect(planner.plan(turn(2, .saveDeadline(deadline(60)))).isEmpty)
        #expect(planner.nextWake == Self.start + .seconds(60))
    }
}
