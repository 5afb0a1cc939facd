/// Why a call of the API failed, as the one table of outcomes has it (docs/decisions/0008-pods.md).
package struct KubernetesError: Error, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No answer, or one that says "later". Nothing is known about what was asked; wait and ask again.
        case unavailable(retryAfter: Duration?)
        /// The credentials were refused, also after they had been renewed once.
        case unauthenticated
        /// RBAC does not allow it; the message has the Role to add.
        case forbidden(verb: String, resource: String, namespace: String?)
        /// The namespace's quota is used up at the moment.
        case quotaExceeded(String)
        /// An admission rule (PodSecurity, LimitRange, a webhook) says no; asking again does not help.
        case rejected(String)
        case namespaceTerminating
        case notFound
        /// The name is taken, perhaps by what an earlier call made whose answer was lost.
        case alreadyExists
        /// The object is not as it was thought to be; read it and try again.
        case conflict
        /// A resource version or a continue token that the server no longer has: list anew.
        case expired
        /// The request itself is wrong.
        case invalid(String, causes: [String])
        /// The configuration does not fit the server: its certificate, the URL.
        case misconfigured
        /// The task was cancelled.
        case cancelled
        /// The caller's own receiver failed; see `cause`.
        case receiverFailed
    }

    package var kind: Kind
    /// What was asked, what came back and how to mend it; without credentials.
    package var message: String
    /// HTTP status of the answer; `nil` where none came.
    package var status: Int?
    /// `reason` of the Status object.
    package var reason: String?
    package var cause: (any Error)?

    package init(
        _ kind: Kind, _ message: String, status: Int? = nil, reason: String? = nil, cause: (any Error)? = nil
    ) {
        self.kind = kind
        self.message = message
        self.status = status
        self.reason = reason
        self.cause = cause
    }

    package var description: String { message }

    package var isUnavailable: Bool {
        if case .unavailable = kind { true } else { false }
    }

    /// How long the server asks to wait; zero where it says nothing.
    package var retryAfter: Duration {
        if case .unavailable(let asked?) = kind { min(asked, KubernetesAPI.retryAfterLimit) } else { .zero }
    }

    package static let cancelled = KubernetesError(.cancelled, "cancelled")
}
