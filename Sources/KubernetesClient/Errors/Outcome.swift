import HTTPTransport
import PipelineCore

/// What an answer that is no success means. Nothing else looks at status codes.
enum Outcome {
    /// Characters of an answer without a Status that a message shows.
    private static let shownText = 500

    static func error(for request: KubernetesRequest, head: HTTPResponseHead, body: [UInt8]) -> KubernetesError {
        let status = StatusView(utf8: body)
        let text = status?.message ?? text(of: body)
        let kind = kind(of: request, head.status, status, text, retryAfter(head, status))
        let said = text.isEmpty ? "status \(head.status)" : text
        return KubernetesError(
            kind, "\(request.summary): \(said)\(mend(kind, request))", status: head.status, reason: status?.reason)
    }

    /// An ERROR event inside a watch that began well.
    static func error(for request: KubernetesRequest, event: JSONValue) -> KubernetesError {
        let status = StatusView(event)
        let text = status?.message ?? event.serialized()
        let code = status?.code ?? 500
        let seconds = (status?.retryAfterSeconds).map { Duration.seconds(max(0, $0)) }
        return KubernetesError(
            kind(of: request, code, status, text, seconds), "\(request.summary): \(text)", status: code,
            reason: status?.reason)
    }

    static func error(for request: KubernetesRequest, transport error: HTTPTransportError) -> KubernetesError {
        let message = "\(request.summary): \(error.message)"
        switch error.code {
        case .cancelled: return KubernetesError(.cancelled, message, cause: error)
        case .receiverFailed: return KubernetesError(.receiverFailed, message, cause: error.cause ?? error)
        case .tlsFailed:
            let mend = "; check certificate-authority, tls-server-name and the client certificate of the cluster"
            return KubernetesError(.misconfigured, message + mend, cause: error)
        case .invalidURL: return KubernetesError(.misconfigured, message, cause: error)
        default: return KubernetesError(.unavailable(retryAfter: nil), message, cause: error)
        }
    }

    private static func kind(
        of request: KubernetesRequest, _ code: Int, _ status: StatusView?, _ text: String, _ retryAfter: Duration?
    ) -> KubernetesError.Kind {
        switch code {
        case 401: .unauthenticated
        case 403: forbidden(request, status, text)
        case 404: .notFound
        case 409: status?.reason == "AlreadyExists" ? .alreadyExists : .conflict
        case 410: .expired
        // A resource version of the future: a restored etcd. Waiting does not bring it.
        case 504 where status?.causes.contains { $0.reason == "ResourceVersionTooLarge" } == true: .expired
        case 408, 425, 429, 500...: .unavailable(retryAfter: retryAfter)
        default: .invalid(text, causes: (status?.causes ?? []).map(\.text))
        }
    }

    /// Only the text tells the meanings of 403 apart, but for a namespace that ends.
    private static func forbidden(
        _ request: KubernetesRequest, _ status: StatusView?, _ text: String
    ) -> KubernetesError.Kind {
        if status?.causes.contains(where: { $0.reason == "NamespaceTerminating" }) == true {
            return .namespaceTerminating
        }
        if text.contains("exceeded quota") || text.contains("insufficient quota") { return .quotaExceeded(text) }
        // Answers of RBAC (and of other authorizers) read: User "x" cannot create resource "pods" ...
        guard text.contains("User \""), text.contains("\" cannot ") else { return .rejected(text) }
        return .forbidden(verb: request.verb, resource: request.resourceName, namespace: request.namespace)
    }

    private static func mend(_ kind: KubernetesError.Kind, _ request: KubernetesRequest) -> String {
        switch kind {
        case .forbidden: "\nTo allow it, add:\n" + RoleText.role(for: request)
        case .unauthenticated: "; the credentials were refused, log in again or renew the token"
        case .namespaceTerminating: "; wait until it is gone, or choose another namespace"
        default: ""
        }
    }

    private static func retryAfter(_ head: HTTPResponseHead, _ status: StatusView?) -> Duration? {
        head.retryAfter ?? (status?.retryAfterSeconds).map { .seconds(max(0, $0)) }
    }

    private static func text(of body: [UInt8]) -> String {
        let text = ConfigurationFile.trimmed(String(decoding: body.prefix(4 * shownText), as: UTF8.self))
        return text.count > shownText ? "\(text.prefix(shownText))..." : text
    }
}
