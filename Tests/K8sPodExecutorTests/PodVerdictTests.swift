import K8sPodExecutor
import KubernetesClient
import PipelineCore
import Testing

/// Pods in states that the recordings do not have.
struct PodVerdictTests {
    private static func terminated(_ code: Int, _ reason: String = "Error") -> JSONValue {
        [
            "terminated": [
                "exitCode": .int(code), "reason": .string(reason), "startedAt": "2026-01-01T00:00:00Z",
                "finishedAt": "2026-01-01T00:01:00Z",
            ]
        ]
    }

    private static let running: JSONValue = ["running": ["startedAt": "2026-01-01T00:00:00Z"]]

    private static func cause(
        base: JSONValue, sidecar: JSONValue? = nil, phase: String = "Running", reason: String? = nil,
        deadline: Int? = nil, isDeleted: Bool = false
    ) -> PodEnd.Cause? {
        var statuses: [JSONValue] = [["name": "base", "state": base]]
        // First in the list: its place means nothing.
        if let sidecar { statuses.insert(["name": "proxy", "state": sidecar], at: 0) }
        var status: JSONObject = [
            "phase": .string(phase), "startTime": "2026-01-01T00:00:00Z", "containerStatuses": .array(statuses),
        ]
        if let reason { status["reason"] = .string(reason) }
        var spec: JSONObject = [:]
        if let deadline { spec["activeDeadlineSeconds"] = .int(deadline) }
        var metadata: JSONObject = ["name": "p"]
        if isDeleted { metadata["deletionTimestamp"] = "2026-01-01T00:02:00Z" }
        let pod: JSONValue = ["metadata": .object(metadata), "spec": .object(spec), "status": .object(status)]
        if case .ended(let end) = PodVerdict(PodView(json: pod), base: "base") { return end.cause }
        return nil
    }

    @Test func aSidecarThatRunsOnKeepsNothingBack() {
        #expect(Self.cause(base: Self.terminated(0), sidecar: Self.running) == .exited(0))
        #expect(Self.cause(base: Self.terminated(4), sidecar: Self.running) == .exited(4))
        #expect(Self.cause(base: Self.terminated(137, "OOMKilled"), sidecar: Self.running, deadline: 90) == .outOfMemory)
    }

    /// The kubelet ends one container after the other, and says why with the pod's end.
    @Test func anEndAtTheDeadlineMayBeTheDeadlines() {
        #expect(Self.cause(base: Self.terminated(143), sidecar: Self.running, deadline: 60) == nil)
        #expect(Self.cause(base: Self.terminated(0), sidecar: Self.running, deadline: 60) == nil)
        #expect(Self.cause(base: Self.terminated(143), sidecar: Self.running, deadline: 600) == .exited(143))
        #expect(Self.cause(base: Self.terminated(0), phase: "Succeeded", deadline: 60) == .exited(0))
        let over = Self.cause(
            base: Self.terminated(143), sidecar: Self.terminated(137), phase: "Failed", reason: "DeadlineExceeded",
            deadline: 60)
        #expect(over == .deadline)
    }

    @Test func endingWellOnTermIsNoSuccess() {
        #expect(Self.cause(base: Self.terminated(0), phase: "Failed", reason: "DeadlineExceeded") == .deadline)
        #expect(Self.cause(base: Self.terminated(0), phase: "Succeeded", isDeleted: true) == .disrupted)
        #expect(Self.cause(base: Self.terminated(0), phase: "Failed", reason: "NodeShutdown") == .disrupted)
    }

    /// The reason of an end comes with the pod's end, up to four seconds later.
    @Test func aFailureCountsOnceThePodHasEnded() {
        #expect(Self.cause(base: Self.terminated(1)) == nil)
        #expect(Self.cause(base: Self.terminated(1), phase: "Failed") == .exited(1))
        #expect(Self.cause(base: Self.terminated(137, "ContainerStatusUnknown"), phase: "Failed") == .disrupted)
    }

    @Test func aPodThatItsNodeRefusesIsNoFailureOfTheTask() {
        for reason in ["OutOfcpu", "OutOfnvidia.com/gpu", "UnexpectedAdmissionError", "NodeAffinity", "Evicted"] {
            let pod: JSONValue = ["status": ["phase": "Failed", "reason": .string(reason), "message": "no"]]
            guard case .ended(let end) = PodVerdict(PodView(json: pod), base: "base") else {
                Issue.record("\(reason): not ended")
                continue
            }
            #expect(end.cause == .disrupted, "\(reason)")
            #expect(!end.hasRun)
        }
    }
}
