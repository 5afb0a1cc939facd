package import PipelineCore

/// How the pod of a worker is getting on.
package enum WorkerCourse: Sendable, Hashable {
    /// It waits or runs.
    case underWay
    /// Its container ended by itself.
    case ended(PodResult)
    /// It never ran, was taken away, or took too long.
    case failed(PodFailure)
}

/// What is to be done about a launch that a worker runs.
package enum WorkerDecision: Sendable, Hashable {
    case wait
    /// The task is over, its pod is not: it has a while to end by itself.
    case awaitEnd
    case conclude(WorkerEnd)
}

/// What the report of a worker and the course of its pod mean together. Pure.
///
/// A report counts whatever the pod does; an exit code of 0 says nothing, since Airflow's worker ends with it after a
/// failure, too.
package enum WorkerRules {
    /// - Parameter losses: how many launches of the same try came to nothing before (``TaskInstance/lossCount``).
    package static func decision(_ report: WorkerReport, _ course: WorkerCourse, losses: Int) -> WorkerDecision {
        if let outcome = report.outcome {
            return course == .underWay ? .awaitEnd : .conclude(.outcome(outcome))
        }
        switch course {
        case .underWay: return .wait
        case .ended(let pod) where pod.exitCode == 0: return .conclude(silence(pod, report, losses))
        case .ended(let pod):
            let reason = pod.reason.map { " (\($0))" } ?? ""
            return .conclude(
                .outcome(
                    .died(
                        reason: "the worker ended with exit code \(pod.exitCode)\(reason) without reporting"
                            + remark(on: report))))
        case .failed(let failure): return .conclude(failure.end)
        }
    }

    /// The report may have been lost; twice it has not.
    private static func silence(_ pod: PodResult, _ report: WorkerReport, _ losses: Int) -> WorkerEnd {
        let text = "the worker ended without reporting\(remark(on: report))"
        return losses == 0 ? .lost(reason: text) : .outcome(.died(reason: text))
    }

    /// What it had got to.
    private static func remark(on report: WorkerReport) -> String {
        guard report.process != nil else {
            return "; it never reached the Task Execution API, whose address is execution_api_url"
        }
        let keys = report.xcomKeys.sorted().joined(separator: ", ")
        return keys.isEmpty ? "; its task had begun" : "; its task had stored \(keys)"
    }
}
