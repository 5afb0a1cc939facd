import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

@testable import K8sPodExecutor

struct CapacityBookTests {
    private func node(_ name: String, _ gpus: Int, ready: Bool = true, labels: JSONObject = [:]) -> DeviceNode {
        DeviceNode(
            [
                "metadata": ["name": .string(name), "labels": .object(labels)],
                "status": [
                    "allocatable": ["nvidia.com/gpu": .string(String(gpus)), "cpu": "8"],
                    "conditions": [["type": "Ready", "status": ready ? "True" : "False"]],
                ],
            ], .standard)!
    }

    private func pod(_ name: String, _ gpus: Int, on node: String? = nil, selector: JSONObject = [:]) -> DeviceHolding {
        var spec: JSONObject = [
            "containers": [["name": "base", "resources": ["limits": ["nvidia.com/gpu": .string(String(gpus))]]]],
            "nodeSelector": .object(selector),
        ]
        if let node { spec["nodeName"] = .string(node) }
        return DeviceHolding(
            PodView(json: ["metadata": ["name": .string(name), "namespace": "ml"], "spec": .object(spec)]), .standard)!
    }

    @Test func aPodNeedsItsDevicesOnOneNode() {
        var book = CapacityBook(nodes: [node("a", 2), node("b", 2)], holdings: [pod("x", 1, on: "a"), pod("y", 1, on: "b")])
        guard case .full(let reason) = book.admit(pod("z", 2)) else {
            Issue.record("two on one node")
            return
        }
        #expect(reason == "waits for 2 nvidia.com/gpu (2 of 4 free); held by ml/x on a, ml/y on b")
        #expect(book.admit(pod("z", 1)) == .fits)
    }

    @Test func podsArePackedTightly() {
        var book = CapacityBook(nodes: [node("a", 4), node("b", 2)], holdings: [pod("x", 1, on: "b")])
        #expect(book.admit(pod("y", 1)) == .fits)
        #expect(book.admit(pod("z", 4)) == .fits)
    }

    @Test func podsWithoutANodeCountToo() {
        var book = CapacityBook(nodes: [node("a", 1)], holdings: [pod("pending", 1)])
        #expect(book.admit(pod("z", 1)) != .fits)
    }

    @Test func nodesThatCannotBeUsedHaveNothing() {
        var book = CapacityBook(nodes: [node("a", 1, ready: false)], holdings: [])
        guard case .full = book.admit(pod("z", 1)) else {
            Issue.record("the node may come back")
            return
        }
    }

    @Test func whatNoNodeHasIsSaid() {
        var book = CapacityBook(nodes: [node("a", 2)], holdings: [])
        guard case .never(let reason) = book.admit(pod("z", 8)) else {
            Issue.record("8 of 2")
            return
        }
        #expect(reason == "no node has 8 nvidia.com/gpu; a: 2 nvidia.com/gpu")
        guard case .never = book.admit(pod("z", 1, selector: ["zone": "x"])) else {
            Issue.record("no such label")
            return
        }
        var empty = CapacityBook(nodes: [], holdings: [])
        guard case .never(let hint) = empty.admit(pod("z", 1)) else {
            Issue.record("no devices at all")
            return
        }
        #expect(hint.contains("device plugin"))
    }
}

/// The gate in front of a cluster with two devices.
@Suite(.timeLimit(.minutes(20)))
struct CapacityGateTests {
    private func gpu(_ count: Int) -> JSONObject {
        PodHarness.attributes(["container_resources": ["limits": ["nvidia.com/gpu": .string(String(count))]]])
    }

    @Test func podsAreMadeWhenThereIsRoom() async throws {
        let harness = PodHarness { $0.admitsByCapacity = true }
        harness.double.script(.succeeds(after: .seconds(20)))
        let reporters = (0..<4).map { _ in RecordingReporter() }
        let launches = reporters.enumerated().map { index, reporter in
            harness.start(PodHarness.launch("t\(index)"), gpu(1), reporter)
        }
        #expect(await harness.double.advance(atMost: .seconds(10)) { harness.double.livePods.count == 2 })
        #expect(harness.double.count(.create, .pods) == 2)
        let waits = reporters.compactMap { $0.record.waits.last ?? nil }
        #expect(waits.contains { $0.contains("waits for 1 nvidia.com/gpu (0 of 2 free); held by cifar.t") && $0.contains("position") })
        for launched in launches { #expect(try await harness.end(of: launched).exitCode == 0) }
        #expect(harness.double.count(.create, .pods) == 4)
    }

    @Test func aRestartTakesItsOwnPodForNoHindrance() async throws {
        let harness = PodHarness(nodes: [KubernetesDouble.Node("n", gpus: 1)]) { $0.admitsByCapacity = true }
        harness.double.script(.succeeds(after: .seconds(20), message: "7"))
        let (launch, first) = (PodHarness.launch("a"), RecordingReporter())
        let launched = harness.start(launch, gpu(1), first)
        #expect(await harness.double.advance(atMost: .seconds(60)) { !first.record.hosts.isEmpty })
        #expect(first.record.waits.last == .some(nil))
        first.terminate(.shutdown)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched) }
        let (next, running) = harness.restarted { $0.admitsByCapacity = true }
        defer { running.cancel() }
        let result = try await harness.end(of: harness.start(launch, gpu(1), RecordingReporter(), on: next))
        #expect(result.result == "7")
    }

    @Test func aRightThatIsMissingIsSaidWhereItHoldsUpPods() async throws {
        let harness = PodHarness { $0.admitsByCapacity = true }
        harness.double.configure { $0.denied = ["list nodes"] }
        harness.double.script(.succeeds())
        let reporter = RecordingReporter()
        let launched = harness.start(PodHarness.launch(), gpu(1), reporter)
        let isSaid = await harness.double.advance(atMost: .seconds(60)) {
            reporter.record.waits.contains { $0?.contains("gpu_admission: off") == true && $0?.contains("nodes") == true }
        }
        #expect(isSaid, "\(reporter.record.waits)")
        harness.double.configure { $0.denied = [] }
        #expect(try await harness.end(of: launched).exitCode == 0)
    }

    @Test func aDAGThatHoldsLessGoesFirst() async throws {
        let harness = PodHarness(nodes: [KubernetesDouble.Node("n", gpus: 1)]) { $0.admitsByCapacity = true }
        harness.double.script(.succeeds(after: .seconds(20)))
        let first = harness.start(PodHarness.launch("a", dagID: "many"), gpu(1), RecordingReporter())
        #expect(await harness.double.advance(atMost: .seconds(10)) { harness.double.livePods.count == 1 })
        let second = harness.start(PodHarness.launch("b", dagID: "many"), gpu(1), RecordingReporter())
        #expect(await harness.double.advance(atMost: .seconds(1)) { false } == false)
        let other = harness.start(PodHarness.launch("c", dagID: "few"), gpu(1), RecordingReporter())
        _ = try await harness.end(of: first)
        #expect(await harness.double.advance(atMost: .seconds(30)) { harness.double.count(.create, .pods) == 2 })
        #expect(harness.double.livePods.allSatisfy { "\($0)".contains("few") })
        _ = try await harness.end(of: other)
        _ = try await harness.end(of: second)
    }

    @Test func podsWithoutDevicesNeverWait() async throws {
        let harness = PodHarness(nodes: [KubernetesDouble.Node("n")]) { $0.admitsByCapacity = true }
        harness.double.script(.succeeds())
        #expect(try await harness.run().exitCode == 0)
        // Nor does anybody look at nodes, or at the pods of others, for them.
        #expect(harness.double.count(.list, .nodes) == 0)
        #expect(harness.double.count(.list, .pods) == 1)
        #expect(harness.double.count(.watch, .pods) == 1)
    }

    @Test func podsOfOthersHoldDevicesUntilTheyEnd() async throws {
        let harness = PodHarness(nodes: [KubernetesDouble.Node("n", gpus: 1)]) { $0.admitsByCapacity = true }
        harness.double.script(.succeeds(after: .seconds(20)))
        let container: JSONValue = [
            "name": "c", "image": "i", "resources": ["limits": ["nvidia.com/gpu": "1"]],
        ]
        _ = harness.double.add(.pods, ["metadata": ["name": "other"], "spec": ["containers": [container]]])
        #expect(await harness.double.advance(atMost: .seconds(10)) { harness.double.livePods == ["other"] })
        let launched = harness.start(PodHarness.launch(), gpu(1), RecordingReporter())
        await harness.pass(.seconds(5))
        #expect(harness.created.isEmpty)
        #expect(try await harness.end(of: launched).exitCode == 0)
        #expect(harness.created.count == 1)
        #expect(harness.double.calls.contains { $0["fieldSelector"] == "status.phase!=Succeeded,status.phase!=Failed" })
    }

    @Test func aDeviceThatNoNodeHasFailsAtOnce() async throws {
        let harness = PodHarness(nodes: [KubernetesDouble.Node("n", gpus: 1)]) { $0.admitsByCapacity = true }
        await #expect { try await harness.run(PodHarness.launch(), gpu(2)) } throws: { error in
            (error as? PodFailure)?.message == "no node has 2 nvidia.com/gpu; n: 1 nvidia.com/gpu"
        }
        #expect(harness.double.count(.create, .pods) == 0)
    }
}
