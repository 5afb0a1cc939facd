import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Testing

/// What the API does with objects.
@Suite struct ObjectSemanticsTests {
    let double = KubernetesDouble()

    @Test func createFillsInWhatTheServerKnows() async throws {
        let answer = try await DoubleCaller(double).create(SamplePod.named("a"))
        #expect(answer.status == 201)
        #expect(answer.json["kind"] == "Pod")
        #expect(answer.json["status"]?["phase"] == "Pending")
        #expect(answer.json["metadata"]?["uid"]?.stringValue?.count == 36)
        #expect(answer.json["metadata"]?["creationTimestamp"] == "2026-01-01T00:00:00Z")
        #expect(answer.json["spec"]?["terminationGracePeriodSeconds"] == 30)
    }

    @Test func aSecondCreateSaysAlreadyExists() async throws {
        let caller = DoubleCaller(double)
        try await caller.create(SamplePod.named("a"))
        let again = try await caller.create(SamplePod.named("a"))
        #expect(again.status == 409)
        #expect(again.reason == "AlreadyExists")
        #expect(again.message == "pods \"a\" already exists")
        double.script(.runsForever.ignoringTermination(), for: .name("b"))
        try await caller.create(SamplePod.named("b"))
        double.advance(by: .seconds(5))
        double.deletePod("b")
        let dying = try await caller.create(SamplePod.named("b"))
        #expect(dying.message == "object is being deleted: pods \"b\" already exists")
    }

    @Test(arguments: [
        ("A_b", "", "a lowercase RFC 1123 subdomain"), (String(repeating: "a", count: 254), "", "no more than 253"),
        ("a", String(repeating: "x", count: 64), "must be no more than 63 bytes"), ("a", "-x", "a valid label must be"),
    ])
    func badNamesAndLabelsAreInvalid(name: String, label: String, text: String) async throws {
        let answer = try await DoubleCaller(double).create(SamplePod.named(name, labels: ["task": .string(label)]))
        #expect(answer.status == 422)
        #expect(answer.reason == "Invalid")
        #expect(answer.message.contains(text))
        #expect(double.objects(.pods).isEmpty)
    }

    @Test func unknownFieldsAreRefusedOrWarnedOf() async throws {
        let caller = DoubleCaller(double)
        let pod = SamplePod.named("a", spec: ["restartPolcy": "Never"])
        let strict = try await caller.create(pod, query: "?fieldValidation=Strict")
        #expect(strict.status == 400)
        #expect(strict.message.contains("strict decoding error: unknown field \"spec.restartPolcy\""))
        let lenient = try await caller.create(pod)
        #expect(lenient.status == 201)
        #expect(lenient.headers["Warning"] == "299 - \"unknown field \\\"spec.restartPolcy\\\"\"")
    }

    @Test func generateNameAndDryRun() async throws {
        let caller = DoubleCaller(double)
        var pod = SamplePod.named("x").objectValue ?? [:]
        pod["metadata"] = ["generateName": "train-"]
        let dry = try await caller.create(.object(pod), query: "?dryRun=All")
        #expect(dry.status == 201)
        #expect(double.objects(.pods).isEmpty)
        let real = try await caller.create(.object(pod))
        let name = try #require(real.json["metadata"]?["name"]?.stringValue)
        #expect(name.hasPrefix("train-") && name.count == 11)
    }

    @Test func aMissingNamespaceIsNotFoundAndATerminatingOneForbidden() async throws {
        let caller = DoubleCaller(double)
        let missing = try await caller.create(SamplePod.named("a"), in: "nowhere")
        #expect(missing.status == 404)
        #expect(missing.message == "namespaces \"nowhere\" not found")
        double.script(.runsForever.ignoringTermination())
        try await caller.create(SamplePod.named("a"))
        double.advance(by: .seconds(5))
        try await caller.call("DELETE", "/api/v1/namespaces/pipelines")
        let late = try await caller.create(SamplePod.named("b"))
        #expect(late.status == 403)
        #expect(late.json["details"]?["causes"]?[0]?["reason"] == "NamespaceTerminating")
        double.advance(by: .seconds(60))
        #expect(double.object(.namespaces, "pipelines") == nil)
    }

    @Test func quotaCountsLivePods() async throws {
        let caller = DoubleCaller(double)
        double.add(.resourcequotas, ["metadata": ["name": "compute"], "spec": ["hard": ["pods": "1"]]])
        try await caller.create(SamplePod.named("a"))
        let second = try await caller.create(SamplePod.named("b"))
        #expect(second.status == 403)
        #expect(
            second.message
                == "pods \"b\" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=1, limited: pods=1")
        double.advance(by: .seconds(10))
        #expect(try await caller.create(SamplePod.named("b")).status == 201)
    }

    @Test func restrictedNamespacesRefuseOrdinaryPods() async throws {
        let caller = DoubleCaller(double)
        double.configure { $0.restrictedNamespaces = ["pipelines"] }
        let answer = try await caller.create(SamplePod.named("a"))
        #expect(answer.status == 403)
        #expect(answer.message.contains("violates PodSecurity \"restricted:latest\""))
        var pod = SamplePod.named("a").objectValue ?? [:]
        let context: JSONValue = ["allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]]]
        pod["spec"] = [
            "securityContext": ["runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"]],
            "containers": [["name": "base", "image": "i", "securityContext": context]],
        ]
        #expect(try await caller.create(.object(pod)).status == 201)
    }

    @Test func bodiesHaveALimit() async throws {
        double.configure { $0.bodyLimit = 100 }
        let answer = try await DoubleCaller(double).create(SamplePod.named("a"))
        #expect(answer.status == 413)
        #expect(answer.reason == "RequestEntityTooLarge")
    }

    @Test func deletionChecksTheUID() async throws {
        let caller = DoubleCaller(double)
        let pod = try await caller.create(SamplePod.named("a"))
        let path = "\(DoubleCaller.pods)/a"
        let wrong = try await caller.call("DELETE", path, ["preconditions": ["uid": "other"]])
        #expect(wrong.status == 409)
        #expect(wrong.reason == "Conflict")
        #expect(wrong.message.contains("UID in precondition: other"))
        let uid = pod.json["metadata"]?["uid"] ?? .null
        #expect(try await caller.call("DELETE", path, ["preconditions": ["uid": uid]]).status == 200)
        #expect(try await caller.call("GET", path).status == 404)
    }

    @Test func aRunningPodTerminatesUntilItsGraceIsOver() async throws {
        let caller = DoubleCaller(double)
        double.script(.runsForever.ignoringTermination())
        try await caller.create(SamplePod.named("a", spec: ["terminationGracePeriodSeconds": 10]))
        double.advance(by: .seconds(5))
        let answer = try await caller.call("DELETE", "\(DoubleCaller.pods)/a")
        #expect(answer.json["metadata"]?["deletionTimestamp"] == "2026-01-01T00:00:15Z")
        double.advance(by: .seconds(9))
        #expect(double.phase("a") == "Running")
        double.advance(by: .milliseconds(1_300))
        #expect(double.phase("a") == "Failed")
        double.advance(by: .seconds(1))
        #expect(double.phase("a") == nil)
    }

    @Test func deletionWithoutGraceRemovesTheObjectBeforeTheContainerEnds() async throws {
        let caller = DoubleCaller(double)
        double.script(.runsForever)
        try await caller.create(SamplePod.named("a"))
        double.advance(by: .seconds(5))
        try await caller.call("DELETE", "\(DoubleCaller.pods)/a?gracePeriodSeconds=0")
        #expect(double.phase("a") == nil)
        #expect(double.livePods == ["a"])
        double.advance(by: .seconds(2))
        #expect(double.livePods.isEmpty)
    }

    @Test func deleteCollectionTakesASelector() async throws {
        let caller = DoubleCaller(double)
        for (name, run) in [("a", "1"), ("b", "1"), ("c", "2")] {
            try await caller.create(SamplePod.named(name, labels: ["run": .string(run)]))
        }
        let answer = try await caller.call("DELETE", "\(DoubleCaller.pods)?labelSelector=run%3D1")
        #expect(answer.names == ["a", "b"])
        #expect(double.objects(.pods).count == 1)
    }

    @Test func theOwnersEndIsTheEndOfItsPods() async throws {
        let caller = DoubleCaller(double)
        let owner = double.add(.configmaps, ["metadata": ["name": "run"]])
        try await caller.create(Self.owned("a", by: owner["metadata"]?["uid"] ?? .null))
        try await caller.create(Self.owned("stray", by: "no-such-uid"))
        double.advance(by: .milliseconds(110))
        #expect(double.object(.pods, "stray")?["metadata"]?["deletionTimestamp"] != nil)
        #expect(double.object(.pods, "a")?["metadata"]?["deletionTimestamp"] == nil)
        double.advance(by: .seconds(2))
        #expect(double.objects(.pods).count == 1)
        try await caller.call(
            "DELETE", "/api/v1/namespaces/pipelines/configmaps/run", ["propagationPolicy": "Background"])
        double.advance(by: .seconds(5))
        #expect(double.objects(.pods).isEmpty)
    }

    private static func owned(_ name: String, by uid: JSONValue) -> JSONValue {
        var pod = SamplePod.named(name).objectValue ?? [:]
        let owner: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "name": "run", "uid": uid]
        pod["metadata"] = ["name": .string(name), "ownerReferences": [owner]]
        return .object(pod)
    }

    @Test func tokensLiveTenMinutesAtLeast() async throws {
        let caller = DoubleCaller(double)
        let path = "/api/v1/namespaces/pipelines/serviceaccounts/default/token"
        #expect(try await caller.call("POST", path, ["spec": ["expirationSeconds": 599]]).status == 422)
        let answer = try await caller.call("POST", path, ["spec": ["expirationSeconds": 600]])
        #expect(answer.status == 201)
        #expect(answer.json["status"]?["expirationTimestamp"] == "2026-01-01T00:10:00Z")
        double.configure { $0.token = "secret" }
        let refused = try await caller.call("GET", DoubleCaller.pods)
        #expect(refused.status == 401)
        var known = caller
        known.token = "secret"
        #expect(try await known.call("GET", DoubleCaller.pods).status == 200)
    }

    @Test func accessReviewsAndRBACAgree() async throws {
        let caller = DoubleCaller(double)
        double.configure { $0.denied = ["get pods/log", "create pods"] }
        let review: JSONValue = [
            "spec": ["resourceAttributes": ["verb": "get", "resource": "pods", "subresource": "log"]]
        ]
        let answer = try await caller.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
        #expect(answer.json["status"]?["allowed"] == false)
        let create = try await caller.create(SamplePod.named("a"))
        #expect(create.status == 403)
        #expect(
            create.message.contains("cannot create resource \"pods\" in API group \"\" in the namespace \"pipelines\""))
    }

    @Test func versionHealthAndUnknownPaths() async throws {
        let caller = DoubleCaller(double)
        #expect(try await caller.call("GET", "/version").json["minor"] == "34")
        #expect(try await caller.call("GET", "/readyz").text == "ok")
        #expect(try await caller.call("GET", "/api/v1/namespaces/pipelines/gadgets").status == 404)
        #expect(try await caller.call("GET", "\(DoubleCaller.pods)/a/exec").status == 404)
    }

    @Test func evictionMarksAndDeletes() async throws {
        let caller = DoubleCaller(double)
        double.script(.runsForever)
        try await caller.create(SamplePod.named("a"))
        double.advance(by: .seconds(3))
        let path = "\(DoubleCaller.pods)/a/eviction"
        double.inject(.disruptionBudget, on: .init(.create, .pods, subresource: "eviction"))
        let body: JSONValue = ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": "a"]]
        #expect(try await caller.call("POST", path, body).status == 429)
        #expect(double.object(.pods, "a")?["metadata"]?["deletionTimestamp"] == nil)
        #expect(try await caller.call("POST", path, body).status == 201)
        let conditions = double.object(.pods, "a")?["status"]?["conditions"]?.arrayValue ?? []
        #expect(conditions.contains { $0["reason"] == "EvictionByEvictionAPI" })
        double.advance(by: .seconds(3))
        #expect(double.phase("a") == nil)
    }

    @Test func leasesLiveInTheirOwnGroup() async throws {
        let caller = DoubleCaller(double)
        let path = "/apis/coordination.k8s.io/v1/namespaces/pipelines/leases"
        let made = try await caller.call(
            "POST", path, ["metadata": ["name": "leader"], "spec": ["holderIdentity": "a"]])
        #expect(made.json["apiVersion"] == "coordination.k8s.io/v1")
        var taken = made.json.objectValue ?? [:]
        taken["spec"] = ["holderIdentity": "b"]
        #expect(try await caller.call("PUT", "\(path)/leader", .object(taken)).status == 200)
        let late = try await caller.call("PUT", "\(path)/leader", .object(taken))
        #expect(late.status == 409)
        #expect(late.message.contains("leases.coordination.k8s.io \"leader\""))
        #expect(try await caller.call("GET", "/api/v1/namespaces/pipelines/leases").status == 404)
    }

    @Test func orphansKeepLiving() async throws {
        let caller = DoubleCaller(double)
        let owner = double.add(.configmaps, ["metadata": ["name": "run"]])
        try await caller.create(Self.owned("a", by: owner["metadata"]?["uid"] ?? .null))
        let path = "/api/v1/namespaces/pipelines/configmaps/run"
        #expect(try await caller.call("DELETE", path, ["propagationPolicy": "Foreground"]).status == 400)
        try await caller.call("DELETE", "\(path)?propagationPolicy=Orphan")
        double.advance(by: .seconds(30))
        #expect(double.phase("a") == "Succeeded")
    }

    /// Calls, watches and time from many tasks at once: nothing is lost and nothing waits for ever.
    @Test func manyClientsAtOnce() async throws {
        let double = KubernetesDouble(nodes: (0..<4).map { .init("n\($0)") })
        let watch = await DoubleCaller(double).watch(double, "&resourceVersion=\(double.resourceVersion)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<8 {
                group.addTask {
                    let caller = DoubleCaller(double)
                    for index in 0..<10 { try await caller.create(SamplePod.named("c\(client)-\(index)")) }
                }
            }
            group.addTask { for _ in 0..<50 { double.advance(by: .milliseconds(100)) } }
            try await group.waitForAll()
        }
        double.advance(by: .seconds(10))
        let events = watch.events
        #expect(events.count { $0.hasPrefix("ADDED") } == 80)
        #expect(events.count { $0.hasSuffix("Succeeded") } == 80)
        watch.cancel()
    }
}
