package import PipelineCore
import Synchronization

/// What tests ask the double.
extension KubernetesDouble {
    /// Every call that reached the server, in order, without bodies.
    package var calls: [Call] { state.withLock { $0.core.calls } }

    /// How many calls there were of a kind; `nil` counts all. A log is a `get` of the subresource `log`.
    package func count(_ verb: Verb? = nil, _ resource: Resource? = nil, subresource: String? = nil) -> Int {
        calls.count {
            (verb == nil || $0.verb == verb) && (resource == nil || $0.resource == resource)
                && $0.subresource == subresource
        }
    }

    /// Calls that name a pod, its creation included, by the pod's name.
    package var callsByPod: [String: Int] {
        var result: [String: Int] = [:]
        for call in calls where call.resource == .pods { if let name = call.name { result[name, default: 0] += 1 } }
        return result
    }

    /// The most calls of a verb that were open at once.
    package func highestConcurrency(_ verb: Verb) -> Int { state.withLock { $0.core.highestConcurrency[verb] ?? 0 } }

    /// Calls that have no whole answer yet: watches, followed logs, slow and hanging ones.
    package var openCalls: [Call] {
        state.withLock { $0.core.exchanges.values.map(\.call).sorted { $0.number < $1.number } }
    }

    package func object(_ resource: Resource, _ name: String, in namespace: String = "pipelines") -> JSONValue? {
        state.withLock { $0.core.store[ObjectKey(resource, namespace, name)] }
    }

    package func objects(_ resource: Resource, in namespace: String? = nil) -> [JSONValue] {
        state.withLock { $0.core.store.list(resource, namespace: namespace) }
    }

    /// `status.phase` of a pod; `nil` where there is none.
    package func phase(_ pod: String, in namespace: String = "pipelines") -> String? {
        object(.pods, pod, in: namespace)?.at("status", "phase")?.stringValue
    }

    /// Names of pods that have a running container, whether or not their object is still there.
    package var livePods: [String] { state.withLock { $0.core.livePods.map(\.key.name) } }

    package var resourceVersion: Int { state.withLock { $0.core.store.revision } }

    var isStopped: Bool { state.withLock { $0.core.isGone } }
    var nextDue: Duration? { state.withLock { $0.core.queue.nextDue } }
}
