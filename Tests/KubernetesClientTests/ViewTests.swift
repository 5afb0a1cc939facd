import PipelineCore
import Testing

@testable import KubernetesClient

@Suite struct QuantityTests {
    @Test(
        arguments: [
            ("0", 0), ("1", 1_000_000_000), ("250m", 250_000_000), ("0.5", 500_000_000), (".5", 500_000_000),
            ("1.", 1_000_000_000),
            ("1Ki", 1_024_000_000_000), ("1.5Gi", 1_610_612_736_000_000_000), ("2e3", 2_000_000_000_000),
            ("2E3", 2_000_000_000_000),
            ("1e-3", 1_000_000), ("5n", 5), ("5u", 5_000), ("3k", 3_000_000_000_000), ("-1", -1_000_000_000),
            ("+1", 1_000_000_000),
            // Finer than a billionth: rounded away from zero.
            ("0.1n", 1), ("1.0000000001", 1_000_000_001), ("-0.1n", -1), ("0.00000000000000000001Ei", 11_529_216),
        ] as [(String, Int128)])
    func amountsAreExact(_ text: String, _ nanos: Int128) {
        #expect(Quantity(text)?.nanos == nanos)
    }

    @Test(arguments: [
        "1E", "1P", "8Ei", "100000000000000000000", "9999999999999999999999999999999999999999Ei", "1e999",
    ])
    func largeAmountsAreCappedAsKubernetesDoes(_ text: String) {
        let limit = Int128(Int64.max) * 1_000_000_000
        let whole: [String: Int128] = ["1E": 1_000_000_000_000_000_000, "1P": 1_000_000_000_000_000]
        #expect(Quantity(text)?.nanos == whole[text].map { $0 * 1_000_000_000 } ?? limit)
    }

    @Test(arguments: ["", "-", ".", "1 Gi", "Gi", "1gi", "1KI", "e3", "1e", "1e3.5", "--1", "1Gi ", "0x10", "1,5", "١"])
    func otherTextsAreNoAmounts(_ text: String) {
        #expect(Quantity(text) == nil)
    }

    @Test func amountsAddCompareAndRound() throws {
        let half = try #require(Quantity("500m"))
        #expect(half + half == Quantity(1) && half < Quantity(1) && Quantity(1) - half == half)
        #expect(half.roundedUp == 1 && half.milliRoundedUp == 500 && Quantity("1n")?.milliRoundedUp == 1)
        for text in ["1500m", "3", "7n", "0", "-250m"] { #expect(Quantity(text)?.description == text) }
    }
}

@Suite struct ViewTests {
    private func lastStates() throws -> [String: PodView] {
        var pods: [String: PodView] = [:]
        for line in try Fixture.lines("pods.ndjson") {
            switch try WatchEvent.parse(line) {
            case .added(let object), .modified(let object), .deleted(let object):
                let pod = PodView(json: object)
                pods[pod.name] = pod
            default: break
            }
        }
        return pods
    }

    @Test func recordedPodsAreRead() throws {
        let pods = try lastStates()
        let ok = try #require(pods["ok"])
        #expect(ok.phase == "Succeeded" && ok.isTerminal && ok.namespace == "pipelines" && !ok.uid.isEmpty)
        let main = try #require(ok.containerStatus("main")?.termination)
        #expect(main.exitCode == 0 && main.reason == "Completed" && main.startedAt != nil && main.finishedAt != nil)
        #expect(ok.nodeName == "local" && ok.startTime != nil && ok.hostIP != nil)
        #expect(pods["exit3"]?.containerStatus("main")?.termination?.exitCode == 3)
        #expect(pods["exit3"]?.phase == "Failed" && ok.labels["probe"] == "1")
        #expect(pods.values.contains { $0.condition("PodScheduled")?.reason == "Unschedulable" })
        #expect(
            pods.values.contains { $0.condition("DisruptionTarget")?.isTrue == true && $0.deletionTimestamp != nil })
        #expect(pods.values.contains { pod in pod.reason == "Evicted" || pod.reason == "DeadlineExceeded" })
        let reasons = Set(
            pods.values.flatMap(\.containerStatuses).compactMap { status in
                if case .waiting(let reason, _) = status.state { reason } else { nil }
            })
        #expect(reasons.contains("CreateContainerConfigError"))
        #expect(!(pods.values.flatMap(\.initContainerStatuses).isEmpty))
    }

    @Test func recordedEventsAreRead() throws {
        let events = try Fixture.lines("events.ndjson").compactMap { line -> EventView? in
            if case .added(let object) = try WatchEvent.parse(line) { EventView(json: object) } else { nil }
        }
        #expect(
            events.allSatisfy { !$0.involvedUID.isEmpty && !$0.reason.isEmpty && $0.lastSeen != nil && $0.count >= 1 })
        #expect(events.contains { $0.reason == "FailedMount" && $0.isWarning && $0.message.contains("configmap") })
    }

    @Test func requestsAreCountedAsTheSchedulerDoes() {
        func container(_ cpu: String, always: Bool = false, gpu: String? = nil) -> JSONValue {
            var object: JSONObject = ["resources": ["requests": ["cpu": .string(cpu)]]]
            if let gpu {
                object["resources"] = ["requests": ["cpu": .string(cpu)], "limits": ["nvidia.com/gpu": .string(gpu)]]
            }
            if always { object["restartPolicy"] = "Always" }
            return .object(object)
        }
        func cpu(_ spec: JSONObject) -> Int { PodView(json: ["spec": .object(spec)]).requests["cpu"].milliRoundedUp }
        #expect(cpu(["containers": [container("1"), container("500m")]]) == 1_500)
        // An init container runs alone, but beside the sidecars that were started before it.
        #expect(cpu(["initContainers": [container("3")], "containers": [container("1")]]) == 3_000)
        #expect(
            cpu(["initContainers": [container("1", always: true), container("3")], "containers": [container("2")]])
                == 4_000)
        #expect(
            cpu(["initContainers": [container("3"), container("1", always: true)], "containers": [container("2")]])
                == 3_000)
        #expect(
            cpu([
                "initContainers": [container("1", always: true)], "containers": [container("2")],
                "overhead": ["cpu": "250m"],
            ]) == 3_250)
        #expect(cpu(["resources": ["requests": ["cpu": "8"]], "containers": [container("2")]]) == 8_000)
        let gpus = PodView(json: ["spec": ["containers": [container("1", gpu: "2")]]]).requests
        #expect(gpus["nvidia.com/gpu"].roundedUp == 2 && gpus["memory"] == .zero)
    }

    @Test func aNodeIsRead() {
        let node = NodeView(json: [
            "metadata": ["name": "n"],
            "spec": ["unschedulable": true, "taints": [["key": "gpu", "effect": "NoSchedule"]]],
            "status": [
                "allocatable": ["cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "2"],
                "conditions": [["type": "Ready", "status": "Unknown"]],
            ],
        ])
        #expect(!node.isReady && node.isUnschedulable && node.taints.map(\.key) == ["gpu"])
        #expect(
            node.allocatable["memory"].roundedUp == 17_179_869_184 && node.allocatable["nvidia.com/gpu"] == Quantity(2))
    }
}
