/// Whether the direct upstream tasks are in the states that the task's trigger rule asks for.
/// Source: Airflow 3.3 `ti_deps/deps/trigger_rule_dep.py` (`_evaluate_direct_relatives`), which this follows branch by
/// branch, its oddities included.
package struct TriggerRuleCheck {
    package let rule: TriggerRule
    package let counts: UpstreamCounts
    package let mapIndex: Int
    /// Whether the task has direct upstream tasks at all; without any, every rule holds.
    package let hasUpstream: Bool

    package init(rule: TriggerRule, counts: UpstreamCounts, mapIndex: Int, hasUpstream: Bool) {
        self.rule = rule
        self.counts = counts
        self.mapIndex = mapIndex
        self.hasUpstream = hasUpstream
    }

    private var isDone: Bool { counts.done >= counts.total }
    private var anyFailed: Bool { counts.failed > 0 || counts.upstreamFailed > 0 }

    /// The state that the task ends in without running, as soon as that is certain.
    package var endState: TaskState? {
        guard hasUpstream else { return nil }
        switch rule {
        case .always, .allDone: return nil
        case .allSuccess: return allSuccessEnd
        case .allFailed: return counts.success > 0 || counts.skipped > 0 ? .skipped : nil
        case .oneSuccess: return oneSuccessEnd
        case .oneFailed: return isDone && !anyFailed ? .skipped : nil
        case .oneDone: return isDone && counts.failed == 0 && counts.success == 0 ? .skipped : nil
        case .noneFailed: return anyFailed ? .upstreamFailed : nil
        case .noneFailedMinOneSuccess: return minOneSuccessEnd
        case .noneSkipped: return counts.skipped > 0 ? .skipped : nil
        case .allSkipped: return counts.success > 0 || anyFailed ? .skipped : nil
        case .allDoneMinOneSuccess: return allDoneMinOneSuccessEnd
        case .allDoneSetupSuccess: return setupSuccessEnd
        }
    }

    private var allSuccessEnd: TaskState? {
        if anyFailed { return .upstreamFailed }
        if counts.skipped > 0 { return .skipped }
        let isBeyond = counts.removed > 0 && counts.success > 0 && mapIndex > -1 && mapIndex >= Int(counts.success)
        return isBeyond ? .removed : nil
    }

    private var oneSuccessEnd: TaskState? {
        guard isDone else { return nil }
        if counts.done == counts.skipped { return .skipped }
        return counts.success <= 0 ? .upstreamFailed : nil
    }

    private var minOneSuccessEnd: TaskState? {
        if anyFailed { return .upstreamFailed }
        if counts.skipped == counts.total { return .skipped }
        return isDone && counts.success == 0 ? .upstreamFailed : nil
    }

    private var allDoneMinOneSuccessEnd: TaskState? {
        if counts.skipped > 0 { return .skipped }
        let done = counts.success + counts.failed + counts.upstreamFailed + counts.removed
        return done >= counts.total - counts.skipped && counts.success == 0 ? .upstreamFailed : nil
    }

    private var setupSuccessEnd: TaskState? {
        guard isDone, counts.totalSetup > 0 else { return nil }
        if counts.skippedSetup >= counts.totalSetup { return .skipped }
        return counts.successSetup == 0 ? .upstreamFailed : nil
    }

    /// Whether the task may run now.
    package var holds: Bool {
        guard hasUpstream else { return true }
        let (total, success, removed) = (counts.total, counts.success, counts.removed)
        switch rule {
        case .always: return true
        case .allSuccess: return total - success - removed <= 0
        case .allFailed: return total - counts.failed - counts.upstreamFailed - removed <= 0
        case .allDone: return isDone
        case .oneSuccess: return success > 0
        case .oneFailed: return anyFailed
        case .oneDone: return success + counts.failed > 0
        case .noneFailed: return total - success - counts.skipped - removed <= 0
        case .noneFailedMinOneSuccess: return total - success - counts.skipped - removed <= 0 && success > 0
        case .noneSkipped: return isDone && counts.skipped <= 0
        case .allSkipped: return total - counts.skipped <= 0
        case .allDoneSetupSuccess: return isDone && (counts.totalSetup == 0 || counts.successSetup > 0)
        case .allDoneMinOneSuccess: return allDoneMinOneSuccessHolds
        }
    }

    private var allDoneMinOneSuccessHolds: Bool {
        let done = counts.success + counts.failed + counts.upstreamFailed
        return counts.skipped <= 0 && done >= counts.total - counts.skipped - counts.removed && counts.success > 0
    }
}

extension TriggerRuleCheck: DependencyCheck {
    static let name = "Trigger Rule"

    var verdict: DependencyVerdict { endState.map { .end($0) } ?? (holds ? .pass : .wait) }

    var reason: String {
        guard hasUpstream else { return "The task has no upstream tasks." }
        guard rule != .always else { return "The task's trigger rule is 'always'." }
        let seen = "\(counts.done) of \(counts.total) upstream task instance(s) are done (\(counts.summary))."
        switch verdict {
        case .pass: return "The trigger rule '\(rule.rawValue)' holds: \(seen)"
        case .wait: return "The trigger rule '\(rule.rawValue)' waits: \(seen)"
        case .end(let state):
            return "The trigger rule '\(rule.rawValue)' can no longer hold, which makes the task \(state.rawValue): \(seen)"
        }
    }
}
