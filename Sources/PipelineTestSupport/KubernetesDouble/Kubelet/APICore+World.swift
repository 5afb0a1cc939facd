import HTTPTransport
import PipelineCore

/// What happens to a cluster from outside.
extension APICore {
    mutating func addNode(_ node: KubernetesDouble.Node) {
        let key = ObjectKey(.nodes, "", node.name)
        cluster.nodes[node.name] = Cluster.NodeState(skew: node.clockSkew)
        var object = decorate(node.object, key)
        object.setCondition("Ready", "True", reason: "KubeletReady", at: stamp())
        commit(object, at: key)
    }

    /// The kubelet goes silent. After a while the node counts as not ready, later its pods are marked for deletion.
    mutating func loseNode(_ name: String, isOff: Bool, noticedAfter: Duration) {
        guard var node = cluster.nodes[name], !node.isLost else { return }
        node.losses += 1
        node.isLost = true
        node.isOff = isOff
        cluster.nodes[name] = node
        if isOff { powerOff(name) }
        add(.nodeNotReady(name: name, loss: node.losses), after: noticedAfter)
    }

    private mutating func powerOff(_ name: String) {
        let time = wallTime
        for (uid, pod) in cluster.pods where pod.node == name && !pod.isFinished {
            cluster.pods[uid]?.generation += 1
            let running = pod.containers.indices.filter { pod.containers[$0].state.isRunning }
            cluster.pods[uid]?.exit(
                PodScript.Exit(
                    137, reason: "ContainerStatusUnknown",
                    message: "The container could not be located when the pod was terminated"), running, at: time)
            cluster.pods[uid]?.phase = .failed
            cluster.pods[uid]?.hasNews = true
        }
    }

    private func podKeys(on name: String) -> [ObjectKey] {
        store.list(.pods, namespace: nil).filter { $0.at("spec", "nodeName")?.stringValue == name }.map {
            ObjectKey(.pods, $0.namespace, $0.name)
        }
    }

    /// First the node is marked and its pods are not ready; at the second call its pods are deleted.
    mutating func markNotReady(_ name: String, _ loss: Int) {
        guard let node = cluster.nodes[name], node.isLost, node.losses == loss else { return }
        let key = ObjectKey(.nodes, "", name)
        guard var object = store[key] else { return }
        let ready = (object.at("status", "conditions")?.arrayValue ?? []).first { $0["type"] == "Ready" }
        if ready?["status"] == "Unknown" { return evictAll(on: name) }
        object.setCondition(
            "Ready", "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status.",
            at: stamp())
        commit(object, at: key)
        for key in podKeys(on: name) {
            guard var pod = store[key], pod.at("status", "phase") == "Running" else { continue }
            pod.setCondition("Ready", "False", at: stamp())
            commit(pod, at: key)
        }
        add(.nodeNotReady(name: name, loss: loss), after: .seconds(300))
    }

    private mutating func evictAll(on name: String) {
        for key in podKeys(on: name) {
            disrupt(
                key, reason: "DeletionByTaintManager", message: "Taint manager: deleting due to NoExecute taint")
        }
    }

    /// The kubelet is back: it reports what happened meanwhile and does what it was told.
    mutating func recoverNode(_ name: String) {
        guard cluster.nodes[name]?.isLost == true else { return }
        cluster.nodes[name]?.isLost = false
        let key = ObjectKey(.nodes, "", name)
        if var node = store[key] {
            node.setCondition("Ready", "True", reason: "KubeletReady", at: stamp())
            commit(node, at: key)
        }
        for (uid, pod) in cluster.pods.sorted(by: { $0.value.key < $1.value.key }) where pod.node == name {
            guard let objectKey = store.keysByUID[uid], let object = store[objectKey] else { continue }
            report(uid, nil)
            guard object.isTerminating else { continue }
            let grace = object.at("metadata", "deletionGracePeriodSeconds")?.intValue ?? 0
            podMarkedForDeletion(uid, grace: .seconds(grace))
        }
    }

    /// Marks a pod as disrupted and deletes it with its own grace period.
    mutating func disrupt(_ key: ObjectKey, reason: String, message: String) {
        guard var pod = store[key] else { return }
        pod.setCondition("DisruptionTarget", "True", reason: reason, message: message, at: stamp())
        deletePod(key, commit(pod, at: key), grace: nil)
    }

    /// The object is gone and no watch says so.
    mutating func vanish(_ key: ObjectKey) {
        guard let object = store.erase(key) else { return }
        release(object, key)
    }

    /// The process ends. Open exchanges break, or (on SIGTERM) stay open without a word; its watch cache starts anew.
    mutating func stopServer(for duration: Duration?, breaksExchanges: Bool) {
        isGone = true
        for id in exchanges.keys.sorted() {
            if breaksExchanges { fail(id, .connectionFailed) } else { exchanges[id]?.isSilent = true }
        }
        store.compact()
        if let duration { add(.serverBack, after: duration) }
    }

    /// Pods that have a running container, whether or not their object is still there.
    var livePods: [(key: ObjectKey, uid: String)] {
        cluster.pods.values.filter(\.isRunning).map { ($0.key, $0.uid) }.sorted { ($0.key, $0.uid) < ($1.key, $1.uid) }
    }
}
