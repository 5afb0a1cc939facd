import HTTPTransport
import PipelineCore
import Testing

@testable import KubernetesClient

@Suite struct OutcomeTests {
    struct Case: Sendable {
        var code: Int
        var body: String
        var kind: KubernetesError.Kind
        var headers: HTTPHeaders = [:]

        init(_ code: Int, _ body: JSONValue, _ kind: KubernetesError.Kind, headers: HTTPHeaders = [:]) {
            (self.code, self.body, self.kind, self.headers) = (code, body.serialized(), kind, headers)
        }

        init(_ code: Int, text: String, _ kind: KubernetesError.Kind, headers: HTTPHeaders = [:]) {
            (self.code, self.body, self.kind, self.headers) = (code, text, kind, headers)
        }
    }

    private static let rbac =
        #"pods is forbidden: User "system:serviceaccount:ml:x" cannot create resource "pods" in API group "" in the namespace "ml""#
    private static let quota =
        #"pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"#
    private static let security =
        #"pods "a" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation"#
    private static let ending =
        "pods \"a\" is forbidden: unable to create new content in namespace ml because it is being terminated"

    private static let cases = [
        Case(401, status(401, reason: "Unauthorized"), .unauthenticated),
        Case(
            403, status(403, reason: "Forbidden", message: rbac),
            .forbidden(verb: "create", resource: "pods", namespace: "ml")),
        Case(403, status(403, reason: "Forbidden", message: quota), .quotaExceeded(quota)),
        Case(403, status(403, reason: "Forbidden", message: security), .rejected(security)),
        Case(
            403,
            status(
                403, reason: "Forbidden", message: ending,
                causes: [("NamespaceTerminating", "namespace ml is being terminated")]),
            .namespaceTerminating),
        Case(403, text: "<html>blocked by the proxy", .rejected("<html>blocked by the proxy")),
        Case(404, status(404, reason: "NotFound"), .notFound),
        Case(
            409, status(409, reason: "AlreadyExists", message: "object is being deleted: pods \"a\" already exists"),
            .alreadyExists),
        Case(409, status(409, reason: "Conflict"), .conflict),
        Case(410, status(410, reason: "Expired"), .expired),
        Case(
            400, status(400, reason: "BadRequest", message: "strict decoding error"),
            .invalid("strict decoding error", causes: [])),
        Case(
            413, text: "Request entity too large: limit is 3145728",
            .invalid("Request entity too large: limit is 3145728", causes: [])),
        Case(
            422, status(422, reason: "Invalid", message: "bad", causes: [("FieldValueRequired", "Required value")]),
            .invalid("bad", causes: ["Required value"])),
        Case(
            429, text: "Too many requests, please try again later.", .unavailable(retryAfter: .seconds(1)),
            headers: ["Retry-After": "1"]),
        Case(
            429,
            status(429, reason: "TooManyRequests", message: "disruption budget", causes: [("DisruptionBudget", "x")]),
            .unavailable(retryAfter: nil)),
        Case(500, text: "dial tcp: connection refused", .unavailable(retryAfter: nil)),
        Case(503, status(503, reason: "ServiceUnavailable", retryAfter: 3), .unavailable(retryAfter: .seconds(3))),
        Case(504, status(504, reason: "Timeout"), .unavailable(retryAfter: nil)),
        Case(
            504,
            status(
                504, reason: "Timeout", causes: [("ResourceVersionTooLarge", "Too large resource version")],
                retryAfter: 1),
            .expired),
        Case(502, text: "<html>", .unavailable(retryAfter: nil)),
        Case(408, text: "", .unavailable(retryAfter: nil)),
    ]

    private let request = KubernetesRequest("create", method: "POST", .pods, namespace: "ml")

    @Test(arguments: cases)
    func eachAnswerHasOneKind(_ entry: Case) {
        let head = HTTPResponseHead(status: entry.code, headers: entry.headers)
        let error = Outcome.error(for: request, head: head, body: Array(entry.body.utf8))
        #expect(error.kind == entry.kind)
        #expect(error.message.hasPrefix("create pods in namespace ml: ") && error.status == entry.code)
    }

    @Test func forbiddenNamesTheRoleToAdd() {
        let body = status(403, reason: "Forbidden", message: Self.rbac).serializedUTF8()
        let error = Outcome.error(for: request, head: HTTPResponseHead(status: 403), body: body)
        #expect(
            error.message.hasSuffix(
                """
                To allow it, add:
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata:
                  name: pipeline
                  namespace: ml
                rules:
                - apiGroups: [""]
                  resources: ["pods"]
                  verbs: ["create"]
                """))
    }

    @Test func clusterWideCallsNeedAClusterRole() {
        let nodes = KubernetesRequest("list", .nodes, namespace: "ml")
        #expect(RoleText.role(for: nodes).contains("kind: ClusterRole\nmetadata:\n  name: pipeline\nrules:"))
        let exec = KubernetesRequest("create", .pods, namespace: "ml", name: "a", subresource: "exec")
        #expect(RoleText.role(for: exec).contains(#"verbs: ["get", "create"]"#))
    }

    @Test func anErrorEventIsReadAsTheAnswerItStandsFor() {
        let event = status(410, reason: "Expired", message: "too old resource version")
        #expect(Outcome.error(for: request, event: event).kind == .expired)
    }

    @Test(arguments: [
        (HTTPTransportError.Code.timeout, KubernetesError.Kind.unavailable(retryAfter: nil)),
        (.connectionFailed, .unavailable(retryAfter: nil)), (.unresolvedHost, .unavailable(retryAfter: nil)),
        (.cancelled, .cancelled), (.tlsFailed, .misconfigured), (.invalidURL, .misconfigured),
    ])
    func transportFailuresHaveAKind(_ code: HTTPTransportError.Code, _ kind: KubernetesError.Kind) {
        #expect(Outcome.error(for: request, transport: HTTPTransportError(code, "x")).kind == kind)
    }
}
