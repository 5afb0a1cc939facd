import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Testing

/// Lists, updates and patches.
@Suite struct ListAndPatchTests {
    let double = KubernetesDouble()

    private func fill() async throws -> DoubleCaller {
        let caller = DoubleCaller(double)
        for (index, env) in ["dev", "prod", "test", "dev"].enumerated() {
            try await caller.create(SamplePod.named("p\(index)", labels: ["env": .string(env), "n\(index)": ""]))
        }
        return caller
    }

    @Test(arguments: [
        ("env=dev", "p0 p3"), ("env==prod", "p1"), ("env!=dev", "p1 p2"), ("env in (dev, prod)", "p0 p1 p3"),
        ("env notin (dev,prod)", "p2"), ("n1", "p1"), ("!n1,env=dev", "p0 p3"), ("env=none", ""),
    ])
    func labelSelectors(selector: String, names: String) async throws {
        let caller = try await fill()
        let escaped = selector.replacing(" ", with: "%20").replacing("=", with: "%3D").replacing("!", with: "%21")
        let answer = try await caller.list("?labelSelector=\(escaped)")
        #expect(answer.names.joined(separator: " ") == names)
    }

    @Test func fieldSelectors() async throws {
        let caller = try await fill()
        #expect(try await caller.list("?fieldSelector=metadata.name%3Dp2").names == ["p2"])
        double.script(.runsForever)
        try await caller.create(SamplePod.named("late"))
        double.advance(by: .seconds(20))
        #expect(try await caller.list("?fieldSelector=status.phase!=Succeeded").names == ["late"])
        #expect(try await caller.list("?fieldSelector=spec.nodeName=node-1").names.count == 5)
        let unknown = try await caller.list("?fieldSelector=spec.image=x")
        #expect(unknown.status == 400)
        #expect(unknown.message == "field label not supported: spec.image")
        let uid = double.object(.pods, "late")?["metadata"]?["uid"]?.stringValue ?? ""
        let events = try await caller.call(
            "GET", "/api/v1/namespaces/pipelines/events?fieldSelector=involvedObject.uid=\(uid)")
        #expect(events.json["items"]?[0]?["reason"] == "Scheduled")
    }

    @Test func pagesShowOneState() async throws {
        let caller = try await fill()
        let first = try await caller.list("?limit=2")
        #expect(first.names == ["p0", "p1"])
        #expect(first.json["metadata"]?["remainingItemCount"] == 2)
        double.deletePod("p3", grace: 0)
        let token = try #require(first.json["metadata"]?["continue"]?.stringValue)
        let second = try await caller.list("?limit=2&continue=\(token)")
        #expect(second.names == ["p2", "p3"])
        #expect(second.json["metadata"]?["resourceVersion"] == first.json["metadata"]?["resourceVersion"])
        double.compact()
        #expect(try await caller.list("?limit=2&continue=\(token)").status == 410)
    }

    @Test func revisionsOfListsAreKept() async throws {
        let caller = try await fill()
        let now = double.resourceVersion
        let exact = try await caller.list("?resourceVersionMatch=Exact&resourceVersion=\(now - 1)")
        #expect(exact.names == ["p0", "p1", "p2"])
        let future = try await caller.list("?resourceVersion=\(now + 100)")
        #expect(future.status == 504)
        #expect(future.json["details"]?["retryAfterSeconds"] == 1)
        #expect(future.json["details"]?["causes"]?[0]?["reason"] == "ResourceVersionTooLarge")
        double.compact()
        let gone = try await caller.list("?resourceVersionMatch=Exact&resourceVersion=\(now - 1)")
        #expect(gone.status == 410)
        #expect(gone.reason == "Expired")
        #expect(try await caller.list("?resourceVersionMatch=Exact").status == 422)
        #expect(try await caller.list("?resourceVersion=0").names.count == 4)
    }

    @Test func applyIsIdempotentAndKnowsManagers() async throws {
        let caller = DoubleCaller(double)
        let path = "/api/v1/namespaces/pipelines/configmaps/run"
        let type = "application/apply-patch+yaml"
        func body(_ data: JSONValue) -> JSONValue {
            ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "run"], "data": data]
        }
        #expect(try await caller.call("PATCH", path, body(["a": "1"]), type: type).status == 422)
        let made = try await caller.call("PATCH", "\(path)?fieldManager=x", body(["a": "1", "b": "2"]), type: type)
        #expect(made.status == 201)
        let same = try await caller.call("PATCH", "\(path)?fieldManager=x", body(["a": "1", "b": "2"]), type: type)
        #expect(same.status == 200)
        #expect(same.json["metadata"]?["resourceVersion"] == made.json["metadata"]?["resourceVersion"])
        let other = try await caller.call("PATCH", "\(path)?fieldManager=y", body(["a": "9"]), type: type)
        #expect(other.status == 409)
        #expect(other.json["details"]?["causes"]?[0]?["reason"] == "FieldManagerConflict")
        let forced = try await caller.call("PATCH", "\(path)?fieldManager=y&force=true", body(["a": "9"]), type: type)
        #expect(forced.json["data"] == ["a": "9", "b": "2"])
        let dropped = try await caller.call("PATCH", "\(path)?fieldManager=x&force=true", body([:]), type: type)
        #expect(dropped.json["data"] == ["a": "9"])
    }

    @Test func patchesAndUpdates() async throws {
        let caller = try await fill()
        let path = "\(DoubleCaller.pods)/p0"
        let merge = "application/merge-patch+json"
        let labelled = try await caller.call(
            "PATCH", path, ["metadata": ["labels": ["env": .null, "x": "y"]]], type: merge)
        #expect(labelled.json["metadata"]?["labels"] == ["n0": "", "x": "y"])
        let spec = try await caller.call("PATCH", path, ["spec": ["restartPolicy": "Always"]], type: merge)
        #expect(spec.status == 422)
        #expect(spec.message.contains("pod updates may not change fields other than"))
        let add: JSONValue = [
            ["op": "add", "path": "/metadata/labels/z", "value": "1"], ["op": "remove", "path": "/metadata/labels/x"],
        ]
        let patched = try await caller.call("PATCH", path, add, type: "application/json-patch+json")
        #expect(patched.json["metadata"]?["labels"] == ["n0": "", "z": "1"])
        let stale = try await caller.call("PUT", path, labelled.json)
        #expect(stale.status == 409)
        #expect(stale.reason == "Conflict")
        #expect(try await caller.call("PATCH", path, [:], type: "application/strategic-merge-patch+json").status == 415)
    }

    @Test func aNodesCapacityIsPatchedInItsStatus() async throws {
        let double = KubernetesDouble(nodes: [.init("local")])
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("gpu", requests: ["nvidia.com/gpu": "1"]))
        double.advance(by: .seconds(1))
        #expect(double.object(.pods, "gpu")?["status"]?["conditions"]?[0]?["reason"] == "Unschedulable")
        let patch: JSONValue = [
            ["op": "add", "path": "/status/allocatable/nvidia.com~1gpu", "value": "2"]
        ]
        let answer = try await caller.call(
            "PATCH", "/api/v1/nodes/local/status", patch, type: "application/json-patch+json")
        #expect(answer.status == 200)
        double.advance(by: .seconds(1))
        #expect(double.object(.pods, "gpu")?["spec"]?["nodeName"] == "local")
    }

    @Test func finalizersHoldAnObject() async throws {
        let caller = DoubleCaller(double)
        let path = "/api/v1/namespaces/pipelines/configmaps/held"
        double.add(.configmaps, ["metadata": ["name": "held", "finalizers": ["x/y"]]])
        try await caller.call("DELETE", path)
        #expect(double.object(.configmaps, "held")?["metadata"]?["deletionTimestamp"] != nil)
        try await caller.call("PATCH", path, ["metadata": ["finalizers": .null]], type: "application/merge-patch+json")
        #expect(double.object(.configmaps, "held") == nil)
    }
}
