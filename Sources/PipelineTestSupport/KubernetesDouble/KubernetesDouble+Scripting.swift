import HTTPTransport
package import PipelineCore
import Synchronization

/// What tests say to the double.
extension KubernetesDouble {
    /// Pods that fit follow this script, the first so many of them (`nil`: all). The last call that fits counts;
    /// without any, pods succeed after two seconds.
    package func script(_ script: PodScript, for matcher: PodMatcher = .all, times: Int? = nil) {
        with { $0.cluster.scripts.append(Cluster.ScriptRule(matcher: matcher, script: script, left: times)) }
    }

    /// Changes manners of the server.
    package func configure(_ change: (inout Settings) -> Void) {
        state.withLock { change(&$0.core.settings) }
    }

    // MARK: Faults

    /// - Parameter calls: which of the calls that match from now on, counted from 1.
    /// - Returns: a number for ``withdraw(_:)``.
    @discardableResult
    package func inject(
        _ fault: Fault, on matcher: CallMatcher = CallMatcher(), calls: ClosedRange<Int> = 1...1
    ) -> Int {
        state.withLock { $0.core.faults.add(fault, matcher, calls) }
    }

    package func withdraw(_ fault: Int) { state.withLock { $0.core.faults.remove(fault) } }

    /// Faults by chance, in addition to the injected ones.
    package func inject(plan: FaultPlan) { state.withLock { $0.core.faults.plan = plan } }

    package func withdrawFaults() { state.withLock { $0.core.faults.clear() } }

    /// The next watch that matches gets a recording instead of what happens here.
    /// - Parameters:
    ///   - chunkSize: bytes a piece, across line ends where they are not timed; `nil` sends lines whole.
    ///   - isTimed: lines come at their recorded time; otherwise all at once.
    package func play(
        _ stream: RecordedStream, on matcher: CallMatcher = CallMatcher(.watch), chunkSize: Int? = nil,
        isTimed: Bool = false
    ) {
        let recording = Recording(stream: stream, matcher: matcher, chunkSize: chunkSize, isTimed: isTimed)
        state.withLock { $0.core.recordings.append(recording) }
    }

    /// Open watches say nothing more and do not end.
    package func silenceWatches() {
        with { core in for id in core.watchers { core.exchanges[id]?.isSilent = true } }
    }

    /// Open watches break, or end as if they were complete.
    package func endWatches(broken: Bool) {
        with { core in
            for id in core.watchers.sorted() { if broken { core.fail(id, .connectionFailed) } else { core.end(id) } }
        }
    }

    /// Followed logs break (or end) while their containers go on.
    package func endLogs(broken: Bool) {
        with { core in
            let followers = core.cluster.pods.values.flatMap(\.followers).sorted()
            for id in followers { if broken { core.fail(id, .connectionFailed) } else { core.end(id) } }
        }
    }

    /// Forgets the past: watches and exact lists of older revisions answer 410.
    package func compact() { with { $0.store.compact() } }

    /// The server process ends and refuses connections, for so long or until ``restartServer()``.
    /// - Parameter breaksExchanges: false leaves open ones silent, as on SIGTERM.
    package func stopServer(for duration: Duration? = nil, breaksExchanges: Bool = true) {
        with { $0.stopServer(for: duration, breaksExchanges: breaksExchanges) }
    }

    package func restartServer() { with { $0.isGone = false } }

    // MARK: The cluster

    package func addNode(_ node: Node) { with { $0.addNode(node) } }

    /// The kubelet of a node goes silent; its containers run on unless the machine is off.
    /// - Parameter noticedAfter: until the node counts as not ready; 300 s later its pods are deleted.
    package func loseNode(_ name: String, isOff: Bool = false, noticedAfter: Duration = .seconds(70)) {
        with { $0.loseNode(name, isOff: isOff, noticedAfter: noticedAfter) }
    }

    package func recoverNode(_ name: String) { with { $0.recoverNode(name) } }

    /// Marks a pod as disrupted and deletes it.
    package func disrupt(_ pod: String, in namespace: String = "pipelines", reason: String = "EvictionByEvictionAPI") {
        with { $0.disrupt(ObjectKey(.pods, namespace, pod), reason: reason, message: "Eviction API: evicting") }
    }

    /// The object is gone and no watch says so.
    package func vanish(_ pod: String, in namespace: String = "pipelines") {
        with { $0.vanish(ObjectKey(.pods, namespace, pod)) }
    }

    /// Somebody else deletes a pod; `nil` takes its own grace period.
    package func deletePod(_ name: String, in namespace: String = "pipelines", grace: Int? = nil) {
        let key = ObjectKey(.pods, namespace, name)
        with { core in if let pod = core.store[key] { core.deletePod(key, pod, grace: grace) } }
    }

    /// Puts an object there as somebody else would, past validation and call record.
    @discardableResult
    package func add(_ resource: Resource, _ object: JSONValue, in namespace: String = "pipelines") -> JSONValue {
        let key = ObjectKey(resource, namespace, object.name)
        return with { core in
            let stored = core.commit(core.decorate(object, key), at: key)
            core.didCreate(stored, key)
            return stored
        }
    }

    /// Changes an object as somebody else would.
    package func change(
        _ resource: Resource, _ name: String, in namespace: String = "pipelines", _ work: (inout JSONObject) -> Void
    ) {
        let key = ObjectKey(resource, namespace, name)
        with { core in
            guard var members = core.store[key]?.objectValue else { return }
            work(&members)
            core.commit(.object(members), at: key)
        }
    }
}
