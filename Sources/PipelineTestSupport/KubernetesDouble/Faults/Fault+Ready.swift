import HTTPTransport
import PipelineCore

/// Refusals with the texts of a 1.34 server.
extension KubernetesDouble.Fault {
    typealias Failure = KubernetesDouble.Failure

    /// Priority and fairness: no Status, and seconds to wait.
    package static let tooManyRequests = reply(
        KubernetesDouble.Reply(
            429,
            headers: [
                "Content-Type": "text/plain; charset=utf-8", "Retry-After": "1", "X-Content-Type-Options": "nosniff",
            ], body: Array("Too many requests, please try again later.\n".utf8)))

    /// An eviction against a disruption budget: a Status, and no Retry-After.
    package static let disruptionBudget = failure(
        Failure(
            429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.",
            details: [
                "causes": [
                    [
                        "reason": "DisruptionBudget",
                        "message": "The disruption budget pipelines needs 1 healthy pods and has 1 currently",
                    ]
                ]
            ]))

    package static let internalError = failure(internalFailure)

    private static let internalFailure = Failure(
        500, "InternalError", "Internal error occurred: etcdserver: leader changed",
        details: ["causes": [["message": "etcdserver: leader changed"]]])

    /// 500 after the call took effect: the reply of a create that happened is lost.
    package static let internalErrorAfterEffect = lostReply(KubernetesDouble.Reply(internalFailure))

    /// - Parameter retryAfter: in seconds; `nil` sends no such field.
    package static func unavailable(retryAfter: Int? = nil) -> KubernetesDouble.Fault {
        var answer = KubernetesDouble.Reply(
            Failure(503, "ServiceUnavailable", "apiserver is shutting down"))
        if let retryAfter { answer.head.headers["Retry-After"] = String(retryAfter) }
        return reply(answer)
    }

    package static let gatewayTimeout = failure(
        Failure(504, "Timeout", "Timeout: request did not complete within the allotted timeout"))

    package static let unauthorized = failure(.unauthorized)

    /// 410 as a status of a list.
    package static let expired = failure(.expiredList)

    /// 410 inside a watch that answered 200.
    package static let expiredEvent = errorEvent(.expiredWatch(1, oldest: 6_735))

    /// The continue token of a page is too old.
    package static let expiredContinue = failure(
        Failure(410, "Expired", "The provided continue parameter is too old to display a consistent list result."))

    package static func quotaExceeded(pod: String = "pod", quota: String = "compute") -> KubernetesDouble.Fault {
        failure(
            .forbidden(
                .pods, pod, "exceeded quota: \(quota), requested: pods=1, used: pods=2, limited: pods=2"))
    }

    /// Two creates at once under a quota: 409 that is no AlreadyExists.
    package static func quotaConflict(quota: String = "compute") -> KubernetesDouble.Fault {
        failure(.conflict(.resourcequotas, quota, Failure.staleObject))
    }

    package static func limitRange(pod: String = "pod") -> KubernetesDouble.Fault {
        failure(.forbidden(.pods, pod, "maximum memory usage per Container is 1Gi, but limit is 2Gi"))
    }

    package static func podSecurity(pod: String = "pod") -> KubernetesDouble.Fault {
        failure(
            .forbidden(
                .pods, pod,
                "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"base\" "
                    + "must set securityContext.allowPrivilegeEscalation=false)"))
    }

    package static func namespaceTerminating(pod: String = "pod", namespace: String = "pipelines")
        -> KubernetesDouble.Fault
    {
        failure(.namespaceTerminating(.pods, pod, namespace: namespace))
    }

    package static func forbiddenByRBAC(
        _ verb: String, _ resource: String, namespace: String = "pipelines"
    ) -> KubernetesDouble.Fault {
        let text =
            "\(resource) is forbidden: User \"system:serviceaccount:\(namespace):pipeline\" cannot \(verb) resource "
            + "\"\(resource)\" in API group \"\" in the namespace \"\(namespace)\""
        return failure(Failure(403, "Forbidden", text, details: ["kind": .string(resource)]))
    }
}
