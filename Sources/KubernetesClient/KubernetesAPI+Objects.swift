package import HTTPTransport
package import PipelineCore

extension KubernetesAPI {
    /// Who writes, as the API keeps it in `managedFields`.
    package static let fieldManager = "pipeline"

    /// The object `name`. `namespace` `nil` is the client's own, for resources that have one.
    package func get(
        _ resource: APIResource, _ name: String, namespace: String? = nil, subresource: String? = nil,
        retry: RetryPolicy = RetryPolicy()
    ) async throws(KubernetesError) -> JSONValue {
        try await json(
            KubernetesRequest(
                "get", resource, namespace: scope(resource, namespace), name: name, subresource: subresource), retry)
    }

    /// Creates an object. Unknown fields are errors, not warnings.
    ///
    /// Where the answer to a first attempt was lost, a retry may meet what that attempt made: `alreadyExists` then says
    /// nothing about whose object it is, and the caller compares.
    /// - Parameter dryRun: runs all checks of the server and stores nothing.
    package func create(
        _ resource: APIResource, _ object: JSONValue, namespace: String? = nil, dryRun: Bool = false,
        retry: RetryPolicy = RetryPolicy()
    ) async throws(KubernetesError) -> JSONValue {
        try await json(
            KubernetesRequest(
                "create", method: "POST", resource, namespace: scope(resource, namespace), query: writeQuery(dryRun),
                body: object), retry)
    }

    /// How an object is deleted.
    package struct DeleteOptions: Sendable, Hashable {
        /// Only the object with this uid: a namesake answers `conflict`.
        package var uid: String?
        /// Seconds between TERM and KILL; `nil`: as the object has it. 0 forgets the object while its containers may
        /// run on.
        package var gracePeriodSeconds: Int?
        /// `Background`, `Foreground` or `Orphan`; `nil`: the resource's own.
        package var propagationPolicy: String?

        package init(uid: String? = nil, gracePeriodSeconds: Int? = nil, propagationPolicy: String? = nil) {
            self.uid = uid
            self.gracePeriodSeconds = gracePeriodSeconds
            self.propagationPolicy = propagationPolicy
        }

        var body: JSONValue {
            var body: JSONObject = ["kind": "DeleteOptions", "apiVersion": "v1"]
            if let uid { body["preconditions"] = ["uid": .string(uid)] }
            if let gracePeriodSeconds { body["gracePeriodSeconds"] = .int(gracePeriodSeconds) }
            if let propagationPolicy { body["propagationPolicy"] = .string(propagationPolicy) }
            return .object(body)
        }
    }

    /// Deletes one object; what the server answers is the object as it is now, or a Status. A retry after a lost answer
    /// meets `notFound` where the first attempt did its work.
    @discardableResult
    package func delete(
        _ resource: APIResource, _ name: String, namespace: String? = nil, options: DeleteOptions = DeleteOptions(),
        retry: RetryPolicy = RetryPolicy()
    ) async throws(KubernetesError) -> JSONValue {
        try await json(
            KubernetesRequest(
                "delete", method: "DELETE", resource, namespace: scope(resource, namespace), name: name,
                body: options.body), retry)
    }

    /// Deletes all objects that a selector names. A selector of nothing would mean everything: it is refused.
    package func deleteCollection(
        _ resource: APIResource, namespace: String? = nil, selector: Selector, options: DeleteOptions = DeleteOptions(),
        retry: RetryPolicy = RetryPolicy()
    ) async throws(KubernetesError) {
        guard !selector.query.isEmpty else {
            throw KubernetesError(.invalid("an empty selector", causes: []), "deletecollection without a selector")
        }
        _ = try await send(
            KubernetesRequest(
                "deletecollection", method: "DELETE", resource, namespace: scope(resource, namespace),
                query: selector.query, body: options.body), retry: retry)
    }

    /// Server-side apply: makes the fields of `object` so, and owns them as ``fieldManager``.
    /// - Parameter force: takes fields from other managers, which is a `conflict` otherwise.
    package func apply(
        _ resource: APIResource, _ object: JSONValue, name: String, namespace: String? = nil, force: Bool = false,
        retry: RetryPolicy = RetryPolicy()
    ) async throws(KubernetesError) -> JSONValue {
        let query = writeQuery(false) + (force ? [QueryItem("force", "true")] : [])
        return try await json(
            KubernetesRequest(
                "patch", method: "PATCH", resource, namespace: scope(resource, namespace), name: name, query: query,
                body: object, contentType: "application/apply-patch+yaml"), retry)
    }

    package enum PatchKind: String, Sendable, Hashable {
        /// RFC 7386.
        case merge = "application/merge-patch+json"
        /// RFC 6902. One that adds to a list is not to be retried: pass `RetryPolicy.none`.
        case json = "application/json-patch+json"
    }

    package func patch(
        _ resource: APIResource, _ name: String, _ patch: JSONValue, kind: PatchKind, namespace: String? = nil,
        subresource: String? = nil, retry: RetryPolicy = RetryPolicy()
    ) async throws(KubernetesError) -> JSONValue {
        try await json(
            KubernetesRequest(
                "patch", method: "PATCH", resource, namespace: scope(resource, namespace), name: name,
                subresource: subresource, query: writeQuery(false), body: patch, contentType: kind.rawValue), retry)
    }

    /// Puts `object` in the place of what is stored; `conflict` where its `resourceVersion` is not the stored one.
    package func replace(
        _ resource: APIResource, _ name: String, _ object: JSONValue, namespace: String? = nil,
        subresource: String? = nil, retry: RetryPolicy = RetryPolicy()
    ) async throws(KubernetesError) -> JSONValue {
        try await json(
            KubernetesRequest(
                "update", method: "PUT", resource, namespace: scope(resource, namespace), name: name,
                subresource: subresource, query: writeQuery(false), body: object), retry)
    }

    /// A token for a service account (TokenRequest), good for `lifetime`, which the server wants to be ten minutes at
    /// least.
    package func token(
        forServiceAccount name: String, namespace: String? = nil, audiences: [String] = [],
        lifetime: Duration, retry: RetryPolicy = RetryPolicy()
    ) async throws(KubernetesError) -> (token: String, expiration: Timestamp?) {
        let body: JSONValue = [
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "spec": [
                "audiences": .array(audiences.map { .string($0) }),
                "expirationSeconds": .int(Int(lifetime.components.seconds)),
            ],
        ]
        let request = KubernetesRequest(
            "create", method: "POST", .serviceAccounts, namespace: scope(.serviceAccounts, namespace), name: name,
            subresource: "token", body: body)
        let answer = try await json(request, retry)
        guard let token = answer["status"]?["token"]?.stringValue else {
            throw KubernetesError(.unavailable(retryAfter: nil), "\(request.summary): the answer has no token")
        }
        let expiration = answer["status"]?["expirationTimestamp"]?.stringValue.flatMap { Timestamp(iso8601: $0) }
        return (token, expiration)
    }

    /// The bytes of a path that is no resource, such as `/version` or `/readyz`.
    package func raw(_ path: String, retry: RetryPolicy = RetryPolicy()) async throws(KubernetesError) -> HTTPResponse {
        try await send(KubernetesRequest(path: path), retry: retry)
    }

    func scope(_ resource: APIResource, _ namespace: String?) -> String? {
        resource.isNamespaced ? namespace ?? self.namespace : nil
    }

    private func writeQuery(_ dryRun: Bool) -> [QueryItem] {
        [QueryItem("fieldManager", Self.fieldManager), QueryItem("fieldValidation", "Strict")]
            + (dryRun ? [QueryItem("dryRun", "All")] : [])
    }

    private func json(_ request: KubernetesRequest, _ retry: RetryPolicy) async throws(KubernetesError) -> JSONValue {
        let response = try await send(request, retry: retry)
        do throws(JSONParseError) {
            return try JSONValue.parse(utf8: response.body)
        } catch {
            throw KubernetesError(
                .unavailable(retryAfter: nil), "\(request.summary): the answer is not JSON: \(error)",
                status: response.head.status, cause: error)
        }
    }
}
