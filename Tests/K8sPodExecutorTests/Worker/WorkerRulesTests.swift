import K8sPodExecutor
import PipelineCore
import Testing

/// Row by row: what a worker said, how its pod is getting on, and what that means.
struct WorkerRulesTests {
    private static let process = StartedProcess(
        hostname: "pod-1", unixname: "airflow", pid: 7, pidStartTime: nil, at: Timestamp(seconds: 1))

    private static func report(_ notices: WorkerNotice...) -> WorkerReport {
        var report = WorkerReport()
        for notice in notices {
            do { try report.add(notice) } catch { Issue.record("\(error)") }
        }
        return report
    }

    private static func ended(_ code: Int, _ reason: String? = nil) -> WorkerCourse {
        .ended(PodResult(name: "p", namespace: "n", exitCode: code, reason: reason))
    }

    private static func failed(_ kind: PodFailure.Class) -> WorkerCourse { .failed(PodFailure(kind, "why")) }

    private static let courses: [WorkerCourse] = [
        ended(0), ended(1), ended(137, "OOMKilled"), failed(.infrastructure), failed(.configuration), failed(.timeout),
    ]

    private static let deferral = TaskOutcome.Deferral(
        triggerClass: "t", triggerKwargs: [:], timeout: nil, nextMethod: "m", nextKwargs: [:])
    private static let outcomes: [TaskOutcome] = [
        .success(), .failed(reason: "no"), .failedMayRetry(reason: "no", delay: .seconds(5)), .skipped(), .removed,
        .upForReschedule(at: Timestamp(seconds: 9)), .deferred(deferral), .awaitingInput(deferral),
    ]

    @Test(arguments: outcomes)
    func aReportCountsHoweverItsPodEnds(_ outcome: TaskOutcome) {
        let report = Self.report(.running(Self.process), .ended(outcome))
        #expect(WorkerRules.decision(report, .underWay, losses: 0) == .awaitEnd)
        for course in Self.courses {
            #expect(WorkerRules.decision(report, course, losses: 2) == .conclude(.outcome(outcome)))
        }
    }

    @Test func aPodThatIsUnderWayIsWaitedFor() {
        #expect(WorkerRules.decision(Self.report(), .underWay, losses: 0) == .wait)
        #expect(WorkerRules.decision(Self.report(.running(Self.process)), .underWay, losses: 2) == .wait)
    }

    /// Airflow's worker ends with 0 whatever became of its task.
    @Test func anEndWithoutAReportIsNoSuccess() {
        let report = Self.report(.running(Self.process), .pushed(key: "return_value"))
        let text = "the worker ended without reporting; its task had stored return_value"
        #expect(WorkerRules.decision(report, Self.ended(0), losses: 0) == .conclude(.lost(reason: text)))
        #expect(
            WorkerRules.decision(report, Self.ended(0), losses: 1) == .conclude(.outcome(.died(reason: text))))
    }

    @Test func anExitCodeWithoutAReportIsAFailure() {
        let began = WorkerRules.decision(Self.report(.running(Self.process)), Self.ended(1, "Error"), losses: 0)
        let text = "the worker ended with exit code 1 (Error) without reporting; its task had begun"
        #expect(began == .conclude(.outcome(.died(reason: text))))
        guard case .conclude(.outcome(.died(let reason, false))) = WorkerRules.decision(
            Self.report(), Self.ended(1), losses: 0)
        else {
            Issue.record("no failure")
            return
        }
        #expect(reason.contains("execution_api_url"), "it never reached the API: \(reason)")
    }

    @Test(
        arguments: [
            (.infrastructure, .lost(reason: "why")), (.configuration, .outcome(.died(reason: "why", isFinal: true))),
            (.timeout, .outcome(.died(reason: "why"))),
        ] as [(PodFailure.Class, WorkerEnd)])
    func aPodThatFailedWithoutAReportHasItsClass(_ kind: PodFailure.Class, _ end: WorkerEnd) {
        for losses in [0, 2] {
            #expect(WorkerRules.decision(Self.report(), Self.failed(kind), losses: losses) == .conclude(end))
        }
    }
}
