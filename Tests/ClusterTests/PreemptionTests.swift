import K8sPodExecutor
import KubernetesClient
import PipelineCore
import Testing

/// A pod that makes room for a more important one is no failure of its task. Priority classes belong to the whole cluster:
/// these carry the name of the test's namespace, and rank below every pod that has none, so that no other pod gives way.
@Suite(.enabled(if: TestCluster.isWanted), .serialized, .timeLimit(.minutes(10)))
struct PreemptionTests {
    private static let classes = APIResource(
        group: "scheduling.k8s.io", plural: "priorityclasses", isNamespaced: false)

    /// The access that the test needs beside that of the others.
    private static let rights: [(verb: String, group: String, resource: String)] = [
        ("create", "scheduling.k8s.io", "priorityclasses"), ("delete", "scheduling.k8s.io", "priorityclasses"),
        ("list", "", "nodes"), ("list", "", "pods"),
    ]

    @Test(.enabled("needs the rights to make priority classes, and to list nodes and pods of all namespaces") {
        TestCluster.isWanted ? try await TestCluster.may(rights) : false
    })
    func aPodThatIsPreemptedIsNoFailureOfTheTask() async throws {
        try await TestCluster.with { cluster in
            try await withClasses(["low": -1_000, "high": -10], cluster) {
                let place = try await cluster.roomiestNode()
                let needed = "\(place.freeMilliCPU * 6 / 10)m"
                try await cluster.following { try await Self.preempt(on: $0, node: place.name, cpu: needed, cluster) }
            }
        }
    }

    private static func preempt(on executor: PodExecutor, node: String, cpu: String, _ cluster: TestCluster) async throws {
        func attributes(_ script: String, _ level: String) -> JSONObject {
            TestCluster.attributes(
                script, ["container_resources": ["requests": ["cpu": .string(cpu)]]],
                spec: [
                    "priorityClassName": .string("\(cluster.namespace)-\(level)"),
                    "nodeSelector": ["kubernetes.io/hostname": .string(node)],
                ])
        }
        let reporter = ClusterReporter()
        // Ends well on TERM, which must not be taken for success.
        async let low = executor.run(
            TestCluster.launch("low"), attributes: attributes("trap 'exit 0' TERM; sleep 300 & wait", "low"),
            reporter: reporter)
        #expect(try await reporter.wait { $0.hasStarted })
        let high = try await executor.run(
            TestCluster.launch("high"), attributes: attributes("true", "high"), reporter: ClusterReporter())
        #expect(high.exitCode == 0)
        do {
            let result = try await low
            Issue.record("a pod that was preempted has ended: \(result)")
        } catch let failure as PodFailure {
            #expect(failure.kind == .infrastructure, "\(failure)")
            #expect(failure.message.contains("Preempt") || failure.message.contains("deleted"), "\(failure)")
        }
    }

    private func withClasses(_ values: [String: Int], _ cluster: TestCluster, _ body: () async throws -> Void) async throws {
        do {
            for (name, value) in values {
                _ = try await cluster.api.create(
                    Self.classes,
                    [
                        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": .int(value),
                        "metadata": ["name": .string("\(cluster.namespace)-\(name)")],
                    ])
            }
            try await body()
        } catch {
            await removeClasses(values.keys.map(\.self), cluster)
            throw error
        }
        await removeClasses(values.keys.map(\.self), cluster)
    }

    private func removeClasses(_ names: [String], _ cluster: TestCluster) async {
        for name in names { _ = try? await cluster.api.delete(Self.classes, "\(cluster.namespace)-\(name)") }
    }
}

extension TestCluster {
    struct NoNode: Error, CustomStringConvertible {
        let description = "no node is ready, free of taints and has half a core to spare"
    }

    /// The node with the most room, of those that take any pod.
    func roomiestNode() async throws -> (name: String, freeMilliCPU: Int) {
        var used: [String: ResourceAmounts] = [:]
        _ = try await api.list(
            .pods, namespace: nil, selector: Selector(fields: "status.phase!=Succeeded,status.phase!=Failed"),
            restarted: { used = [:] },
            each: { json in
                let pod = PodView(json: json)
                if let node = pod.nodeName { used[node] = (used[node] ?? ResourceAmounts()) + pod.requests }
            })
        let nodes = try await api.list(.nodes).map { NodeView(json: $0) }
        let free = nodes.filter { node in
            node.isReady && !node.isUnschedulable && !node.taints.contains { $0.effect != "PreferNoSchedule" }
        }.compactMap { node in
            // The label need not be the node's name.
            node.labels["kubernetes.io/hostname"].map { host in
                (host, Int((node.allocatable - (used[node.name] ?? ResourceAmounts()))["cpu"].nanos / 1_000_000))
            }
        }
        guard let best = free.max(by: { $0.1 < $1.1 }), best.1 >= 500 else { throw NoNode() }
        return best
    }

    /// Whether the user of the configuration has all of these rights, in all namespaces.
    static func may(_ rights: [(verb: String, group: String, resource: String)]) async throws -> Bool {
        let api = try connect()
        for right in rights {
            let review = try await api.create(
                .accessReviews,
                [
                    "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                    "spec": [
                        "resourceAttributes": [
                            "verb": .string(right.verb), "group": .string(right.group), "resource": .string(right.resource),
                        ]
                    ],
                ])
            guard review["status"]?["allowed"]?.boolValue == true else { return false }
        }
        return true
    }
}
