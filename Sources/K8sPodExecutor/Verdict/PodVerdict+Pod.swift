package import KubernetesClient
import PipelineCore

extension PodVerdict {
    /// Reads a pod. The container of the name counts, never the first one; what is said of an end counts only once it is
    /// said whole, since a container's end shows up to four seconds before the pod's, and the reason with the pod's.
    package init(_ pod: PodView, base: String) {
        if let end = Self.end(pod, base) {
            self = .ended(end)
        } else if case .running(let since)? = pod.containerStatus(base)?.state {
            self = .running(since: since)
        } else if pod.containerStatus(base)?.termination != nil {
            self = .running(since: pod.startTime)
        } else {
            self = .waiting(PodWait(pod, base: base))
        }
    }

    private static func end(_ pod: PodView, _ base: String) -> PodEnd? {
        let termination = pod.containerStatus(base)?.termination
        guard termination != nil || pod.isTerminal else { return nil }
        if let reason = disruption(pod) { return PodEnd(.disrupted, reason, termination) }
        guard let termination else { return endWithoutContainer(pod) }
        // A process that ends well on TERM is no success of a pod that is being taken away, or whose time is over.
        if pod.deletionTimestamp != nil { return PodEnd(.disrupted, "the pod was deleted", termination) }
        if pod.reason == deadlineExceeded { return PodEnd(.deadline, pod.message ?? deadlineExceeded, termination) }
        guard pod.isTerminal || !mayBeOverdue(pod, termination) else { return nil }
        if termination.exitCode == 0 { return PodEnd(.exited(0), termination.reason ?? "Completed", termination) }
        guard pod.isTerminal || hasOthersRunning(pod, base) else { return nil }
        return failure(termination)
    }

    private static let deadlineExceeded = "DeadlineExceeded"

    /// The end of a container may be the first that shows of a deadline, which the pod's reason will tell. Both times are
    /// the node's.
    private static func mayBeOverdue(_ pod: PodView, _ termination: ContainerStatusView.Termination) -> Bool {
        guard let seconds = pod.json["spec"]?["activeDeadlineSeconds"]?.intValue, let start = pod.startTime,
            let end = termination.finishedAt
        else { return false }
        return end >= start + .seconds(seconds - 1)
    }

    /// A sidecar that knows no end, or that cannot start, keeps the pod's phase from ever coming.
    private static func hasOthersRunning(_ pod: PodView, _ base: String) -> Bool {
        pod.containerStatuses.contains { $0.name != base && $0.termination == nil }
    }

    private static func failure(_ termination: ContainerStatusView.Termination) -> PodEnd {
        let reason = termination.reason ?? "Error"
        switch reason {
        case "OOMKilled": return PodEnd(.outOfMemory, "OOMKilled", termination)
        case "StartError", "ContainerCannotRun":
            return PodEnd(.neverRan, "\(reason): \(termination.message ?? "the command cannot be started")", termination)
        case "ContainerStatusUnknown":
            return PodEnd(.disrupted, "the node no longer knows the container", termination)
        default: return PodEnd(.exited(termination.exitCode), reason, termination)
        }
    }

    private static func endWithoutContainer(_ pod: PodView) -> PodEnd {
        if pod.phase == "Succeeded" { return PodEnd(.exited(0), "Completed", nil) }
        if pod.reason == deadlineExceeded { return PodEnd(.deadline, pod.message ?? deadlineExceeded, nil) }
        let failed = pod.initContainerStatuses.first { ($0.termination?.exitCode ?? 0) != 0 }
        if let failed, let end = failed.termination {
            let reason = end.reason.map { " (\($0))" } ?? ""
            return PodEnd(.neverRan, "init container \(failed.name) ended with exit code \(end.exitCode)\(reason)", nil)
        }
        return PodEnd(.neverRan, [pod.reason, pod.message].compactMap(\.self).joined(separator: ": "), nil)
    }

    /// Reasons of a pod that was refused or ended by its node, not by what ran in it.
    private static let nodeReasons: Set<String> = [
        "Evicted", "NodeLost", "NodeShutdown", "Shutdown", "Terminated", "Preempting", "UnexpectedAdmissionError",
        "NodeAffinity", "Terminating",
    ]

    private static func disruption(_ pod: PodView) -> String? {
        if let condition = pod.condition("DisruptionTarget"), condition.isTrue {
            return [condition.reason ?? "DisruptionTarget", condition.message].compactMap(\.self).joined(separator: ": ")
        }
        guard let reason = pod.reason, nodeReasons.contains(reason) || reason.hasPrefix("OutOf") else { return nil }
        return [reason, pod.message].compactMap(\.self).joined(separator: ": ")
    }
}

extension PodEnd {
    init(_ cause: Cause, _ reason: String, _ termination: ContainerStatusView.Termination?) {
        self.init(
            cause: cause, reason: reason, message: termination?.message, startedAt: termination?.startedAt,
            finishedAt: termination?.finishedAt)
    }
}

extension PodWait {
    private static let hopeless: Set<String> = ["InvalidImageName", "ErrImageNeverPull"]
    private static let doubtful: Set<String> = [
        "ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
        "CrashLoopBackOff", "RegistryUnavailable", "ImageInspectError",
    ]

    /// The first thing that stands in the way: the scheduler, an init container, the base container itself.
    init(_ pod: PodView, base: String) {
        if let scheduled = pod.condition("PodScheduled"), !scheduled.isTrue {
            self.init(
                reason: [scheduled.reason ?? "Unschedulable", scheduled.message].compactMap(\.self).joined(separator: ": "),
                prospect: .hopeful, isUnscheduled: true)
            return
        }
        let statuses = pod.initContainerStatuses + [pod.containerStatus(base)].compactMap(\.self)
        if let wait = statuses.lazy.compactMap({ PodWait($0) }).first {
            self = wait
            return
        }
        let node = pod.nodeName.map { " on \($0)" } ?? ""
        self.init(reason: pod.nodeName == nil ? "Pending" : "ContainerCreating\(node)", prospect: .hopeful)
    }

    /// What stands in the way of one container; `nil` where nothing is said of it.
    init?(_ status: ContainerStatusView) {
        guard case .waiting(let reason?, let message) = status.state, !Self.isOrdinary(reason) else { return nil }
        self.init(
            reason: ["\(status.name): \(reason)", message].compactMap(\.self).joined(separator: ": "),
            prospect: Self.prospect(reason))
    }

    private static func isOrdinary(_ reason: String) -> Bool { reason == "ContainerCreating" || reason == "PodInitializing" }

    private static func prospect(_ reason: String) -> Prospect {
        hopeless.contains(reason) ? .hopeless : doubtful.contains(reason) ? .doubtful : .hopeful
    }
}
