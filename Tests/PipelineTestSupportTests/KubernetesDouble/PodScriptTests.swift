import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Testing

/// What pods do by their scripts, as a watch tells it.
@Suite struct PodScriptTests {
    /// Phase and state of `base` after each change.
    private static func history(_ script: PodScript, _ pod: JSONValue, _ duration: Duration) async throws -> [String] {
        let double = KubernetesDouble()
        let caller = DoubleCaller(double)
        double.script(script)
        let watch = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)")
        try await caller.create(pod)
        double.advance(by: duration)
        watch.cancel()
        return watch.objects.map(summary)
    }

    private static func summary(_ event: JSONValue) -> String {
        let status = event["object"]?["status"] ?? .null
        let container = (status["containerStatuses"]?.arrayValue ?? []).last?["state"]
        var words = [status["phase"]?.stringValue ?? ""]
        if event["type"] == "DELETED" { words.insert("DELETED", at: 0) }
        if let reason = status["reason"]?.stringValue { words.append("(\(reason))") }
        if let waiting = container?["waiting"] { words.append(waiting["reason"]?.stringValue ?? "") }
        if container?["running"] != nil { words.append("running") }
        if let end = container?["terminated"] {
            words.append("\(end["reason"]?.stringValue ?? "")/\(end["exitCode"]?.intValue ?? -1)")
        }
        let conditions = status["conditions"]?.arrayValue ?? []
        if let target = conditions.first(where: { $0["type"] == "DisruptionTarget" }) {
            words.append(target["reason"]?.stringValue ?? "")
        }
        if event["object"]?["metadata"]?["deletionTimestamp"] != nil { words.append("terminating") }
        return words.joined(separator: " ")
    }

    @Test(arguments: [
        (
            PodScript.succeeds(),
            ["Pending ContainerCreating", "Running running", "Running Completed/0", "Succeeded Completed/0"]
        ),
        (PodScript.fails(3), ["Pending ContainerCreating", "Running running", "Running Error/3", "Failed Error/3"]),
        (PodScript.runningNeverSeen, ["Pending ContainerCreating", "Pending Completed/0", "Succeeded Completed/0"]),
        (
            PodScript.outOfMemory,
            ["Pending ContainerCreating", "Running running", "Running OOMKilled/137", "Failed OOMKilled/137"]
        ),
        (
            PodScript.outOfMemoryButSucceeds,
            ["Pending ContainerCreating", "Running running", "Running OOMKilled/0", "Succeeded OOMKilled/0"]
        ),
        (PodScript.startError, ["Pending ContainerCreating", "Pending StartError/128", "Failed StartError/128"]),
        (
            PodScript.deadlineExceeded(),
            ["Pending ContainerCreating", "Running running", "Failed (DeadlineExceeded) Error/137"]
        ),
        (PodScript.evicted(), ["Pending ContainerCreating", "Running running", "Failed (Evicted) Error/137"]),
        (PodScript.failsBeforeItStarts, ["Failed (UnexpectedAdmissionError)"]),
        (PodScript.errImageNeverPull, ["Pending ContainerCreating", "Pending ErrImageNeverPull"]),
        (PodScript.invalidImageName, ["Pending ContainerCreating", "Pending InvalidImageName"]),
        (PodScript.createContainerConfigError(), ["Pending ContainerCreating", "Pending CreateContainerConfigError"]),
        (PodScript.failedMount(), ["Pending ContainerCreating"]),
        (PodScript.vanishes(), ["Pending ContainerCreating", "Running running"]),
    ])
    func waysToEndAndToHang(script: PodScript, expected: [String]) async throws {
        let history = try await Self.history(script, SamplePod.named("a"), .seconds(60))
        #expect(history == ["Pending", "Pending"] + expected)
    }

    @Test func imagePullErrorsAlternate() async throws {
        let history = try await Self.history(.errImagePull(), SamplePod.named("a"), .seconds(50))
        #expect(
            history.dropFirst(3) == [
                "Pending ErrImagePull", "Pending ImagePullBackOff", "Pending ErrImagePull", "Pending ImagePullBackOff",
            ])
    }

    @Test func evictionByTheAPIDeletesAPodThatMaySucceed() async throws {
        let history = try await Self.history(.evictedByAPI(), SamplePod.named("a"), .seconds(60))
        #expect(
            history.dropFirst(4) == [
                "Running running EvictionByEvictionAPI", "Running running EvictionByEvictionAPI terminating",
                "Succeeded Completed/0 EvictionByEvictionAPI terminating",
                "Succeeded Completed/0 EvictionByEvictionAPI terminating",
                "DELETED Succeeded Completed/0 EvictionByEvictionAPI terminating",
            ])
        let preempted = try await Self.history(.preempted(), SamplePod.named("a"), .seconds(60))
        #expect(preempted.last == "DELETED Failed Error/137 PreemptionByScheduler terminating")
        let deleted = try await Self.history(.deletedFromOutside(exitCode: 0), SamplePod.named("a"), .seconds(60))
        #expect(deleted.last == "DELETED Succeeded Completed/0 terminating")
    }

    @Test func aCrashLoopKeepsThePhaseRunning() async throws {
        let history = try await Self.history(.crashLoop, SamplePod.named("a"), .seconds(30))
        #expect(
            history.dropFirst(3).prefix(5) == [
                "Running running", "Running Error/1", "Running CrashLoopBackOff", "Running running", "Running Error/1",
            ])
    }

    @Test func aFailedInitContainerLeavesTheOthersWaiting() async throws {
        let pod = SamplePod.named("a", spec: ["initContainers": [["name": "fetch", "image": "i"]]])
        let history = try await Self.history(.initContainerFails("fetch"), pod, .seconds(30))
        #expect(
            history.dropFirst(2) == ["Pending PodInitializing", "Pending PodInitializing", "Failed PodInitializing"])
    }

    @Test func aSidecarIsKilledThoughThePodSucceeds() async throws {
        let double = KubernetesDouble()
        double.script(.sidecarIsKilled)
        let sidecar: JSONValue = ["name": "s", "image": "i", "restartPolicy": "Always"]
        try await DoubleCaller(double).create(SamplePod.named("a", spec: ["initContainers": [sidecar]]))
        double.advance(by: .seconds(30))
        let status = double.object(.pods, "a")?["status"]
        #expect(status?["phase"] == "Succeeded")
        #expect(status?["initContainerStatuses"]?[0]?["state"]?["terminated"]?["exitCode"] == 137)
        #expect(status?["containerStatuses"]?[0]?["state"]?["terminated"]?["exitCode"] == 0)
    }

    @Test func containersEndBeforeTheirPod() async throws {
        let double = KubernetesDouble()
        double.script(.endsLongBeforeItsPod)
        try await DoubleCaller(double).create(SamplePod.named("a"))
        double.advance(by: .seconds(5))
        let status = double.object(.pods, "a")?["status"]
        #expect(status?["phase"] == "Running")
        #expect(status?["containerStatuses"]?[0]?["state"]?["terminated"]?["exitCode"] == 0)
    }

    @Test func terminationMessagesKeepTheirEnd() async throws {
        let double = KubernetesDouble()
        double.script(.succeeds(message: String(repeating: "a", count: 6_000) + "end"), for: .name("long"))
        double.script(.fails(4, log: ["first", "last line of log"]), for: .name("fallback"))
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("long"))
        let container: JSONValue = ["name": "base", "image": "i", "terminationMessagePolicy": "FallbackToLogsOnError"]
        try await caller.create(SamplePod.named("fallback", spec: ["containers": [container]]))
        double.advance(by: .seconds(10))
        func message(_ pod: String) -> String {
            let state = double.object(.pods, pod)?["status"]?["containerStatuses"]?[0]?["state"]
            return state?["terminated"]?["message"]?.stringValue ?? ""
        }
        #expect(message("long").utf8.count == 4_096)
        #expect(message("long").hasSuffix("aend"))
        #expect(message("fallback") == "first\nlast line of log\n")
    }

    @Test func activeDeadlineCountsFromTheStart() async throws {
        let double = KubernetesDouble()
        double.script(.runsForever)
        try await DoubleCaller(double).create(SamplePod.named("a", spec: ["activeDeadlineSeconds": 7]))
        double.advance(by: .milliseconds(7_040))
        #expect(double.phase("a") == "Running")
        double.advance(by: .milliseconds(20))
        #expect(double.object(.pods, "a")?["status"]?["reason"] == "DeadlineExceeded")
    }

    @Test func scriptsAreChosenByTheLastRuleThatFits() async throws {
        let double = KubernetesDouble()
        double.script(.fails(1), for: .label("task", "train"))
        double.script(.fails(2), for: .name("a"), times: 1)
        let caller = DoubleCaller(double)
        for name in ["a", "a2", "b"] { try await caller.create(SamplePod.named(name, labels: ["task": "train"])) }
        try await caller.create(SamplePod.named("c"))
        double.advance(by: .seconds(10))
        let codes = double.objects(.pods).map {
            $0["status"]?["containerStatuses"]?[0]?["state"]?["terminated"]?["exitCode"]?.intValue
        }
        #expect(codes == [2, 1, 1, 0])
    }

    // MARK: Scheduling

    @Test func podsWaitForAGPUUntilOneIsFree() async throws {
        let double = KubernetesDouble(nodes: ["a", "b", "c"].map { .init($0, gpus: 1) })
        let caller = DoubleCaller(double)
        for index in 0..<4 {
            try await caller.create(SamplePod.named("p\(index)", requests: ["nvidia.com/gpu": "1"]))
        }
        double.advance(by: .milliseconds(100))
        let waiting = double.object(.pods, "p3")
        #expect(waiting?["spec"]?["nodeName"] == nil)
        let condition = waiting?["status"]?["conditions"]?[0]
        #expect(condition?["reason"] == "Unschedulable")
        let text = condition?["message"]?.stringValue ?? ""
        #expect(text.hasPrefix("0/3 nodes are available: 3 Insufficient nvidia.com/gpu."))
        let events = double.objects(.events).filter { $0["reason"] == "FailedScheduling" }
        #expect(events.map { $0["message"]?.stringValue } == [text])
        double.advance(by: .seconds(20))
        #expect(double.phase("p3") == "Succeeded")
    }

    @Test func cpuMemoryPodsSelectorsAndClaimsCount() async throws {
        let double = KubernetesDouble(nodes: [.init("n", cpu: 2, memoryGiB: 4, pods: 2)])
        double.script(.runsForever)
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("cpu", requests: ["cpu": "2500m"]))
        try await caller.create(SamplePod.named("memory", requests: ["memory": "5Gi"]))
        try await caller.create(SamplePod.named("selector", spec: ["nodeSelector": ["gpu": "a100"]]))
        let claim: JSONValue = ["name": "v", "persistentVolumeClaim": ["claimName": "data"]]
        try await caller.create(SamplePod.named("claim", spec: ["volumes": [claim]]))
        double.advance(by: .seconds(1))
        func reason(_ pod: String) -> String {
            let text = double.object(.pods, pod)?["status"]?["conditions"]?[0]?["message"]?.stringValue ?? ""
            return String(text.dropFirst("0/1 nodes are available: ".count))
        }
        #expect(reason("cpu").hasPrefix("1 Insufficient cpu."))
        #expect(reason("memory").hasPrefix("1 Insufficient memory."))
        #expect(reason("selector").hasPrefix("1 node(s) didn't match Pod's node affinity/selector."))
        #expect(reason("claim") == "persistentvolumeclaim \"data\" not found. not found")
        double.add(.persistentvolumeclaims, ["metadata": ["name": "data"]])
        try await caller.create(SamplePod.named("x"))
        try await caller.create(SamplePod.named("y"))
        double.advance(by: .seconds(1))
        #expect(reason("y").hasPrefix("1 Too many pods."))
    }

    // MARK: Nodes

    @Test func aLostNodeKeepsItsPodsRunningAndReportsWhenItIsBack() async throws {
        let double = KubernetesDouble()
        double.script(.succeeds(after: .seconds(10)))
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("a"))
        double.advance(by: .seconds(5))
        double.loseNode("node-1")
        double.advance(by: .seconds(69))
        let ready = { double.object(.nodes, "node-1")?["status"]?["conditions"]?[0]?["status"]?.stringValue }
        #expect(ready() == "True")
        double.advance(by: .seconds(2))
        #expect(ready() == "Unknown")
        #expect(double.phase("a") == "Running")
        let log = try await caller.call("GET", "\(DoubleCaller.pods)/a/log")
        #expect(log.status == 500)
        #expect(log.message.contains("connection refused"))
        double.recoverNode("node-1")
        #expect(double.phase("a") == "Succeeded")
        let state = double.object(.pods, "a")?["status"]?["containerStatuses"]?[0]?["state"]?["terminated"]
        #expect(state?["finishedAt"] == "2026-01-01T00:00:10Z")
    }

    @Test func aForcedDeletionOnALostNodeLeavesTheContainerRunning() async throws {
        let double = KubernetesDouble()
        double.script(.runsForever)
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("a"))
        double.advance(by: .seconds(5))
        double.loseNode("node-1")
        double.deletePod("a")
        double.advance(by: .seconds(60))
        #expect(double.object(.pods, "a")?["metadata"]?["deletionTimestamp"] != nil)
        double.deletePod("a", grace: 0)
        double.advance(by: .seconds(60))
        #expect(double.phase("a") == nil)
        #expect(double.livePods == ["a"])
        double.recoverNode("node-1")
        double.advance(by: .seconds(2))
        #expect(double.livePods.isEmpty)
    }

    @Test func aLostKubeletStartsNothing() async throws {
        let double = KubernetesDouble()
        double.loseNode("node-1")
        try await DoubleCaller(double).create(SamplePod.named("a"))
        double.advance(by: .seconds(20))
        #expect(double.object(.pods, "a")?["spec"]?["nodeName"] == "node-1")
        #expect(double.livePods.isEmpty)
        double.recoverNode("node-1")
        double.advance(by: .seconds(10))
        #expect(double.phase("a") == "Succeeded")
    }

    @Test func podsOfAMachineThatWasSwitchedOffFail() async throws {
        let double = KubernetesDouble()
        double.script(.runsForever)
        try await DoubleCaller(double).create(SamplePod.named("a"))
        double.advance(by: .seconds(5))
        double.loseNode("node-1", isOff: true)
        #expect(double.livePods.isEmpty)
        double.advance(by: .seconds(400))
        let conditions = double.object(.pods, "a")?["status"]?["conditions"]?.arrayValue ?? []
        #expect(conditions.contains { $0["reason"] == "DeletionByTaintManager" })
        #expect(double.phase("a") == "Running")
        double.recoverNode("node-1")
        double.advance(by: .seconds(40))
        #expect(double.phase("a") == nil)
    }
}
