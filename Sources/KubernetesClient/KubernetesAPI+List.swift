import HTTPTransport
package import PipelineCore

/// What a list was at.
package struct ListResult: Sendable, Hashable {
    /// Where a watch goes on from.
    package var resourceVersion: String
    /// Objects handed out.
    package var count: Int
}

extension KubernetesAPI {
    /// Objects in one page: a page of pods is then some two MB at most.
    package static let pageSize = 250
    /// Lists that are begun again because the server forgot them half way.
    private static let restartLimit = 3

    /// All objects of a selector, at once in memory. For a few;
    /// ``list(_:namespace:selector:pageSize:retry:restarted:each:)`` is for many.
    package func list(
        _ resource: APIResource, namespace: String? = nil, selector: Selector = Selector(),
        retry: RetryPolicy = RetryPolicy()
    ) async throws(KubernetesError) -> [JSONValue] {
        var objects: [JSONValue] = []
        _ = try await list(
            resource, namespace: scope(resource, namespace), selector: selector, retry: retry,
            restarted: { objects = [] }, each: { objects.append($0) })
        return objects
    }

    /// Lists page by page, and hands out one object after the other: a page is in memory as text, an object as a tree.
    /// The pages are one consistent state; where the server forgets it half way (410), all begins anew.
    /// - Parameters:
    ///   - namespace: `nil`: all namespaces.
    ///   - restarted: forget what was handed out so far.
    package func list(
        _ resource: APIResource, namespace: String?, selector: Selector, pageSize: Int = pageSize,
        retry: RetryPolicy = RetryPolicy(), restarted: () -> Void, each: (JSONValue) -> Void
    ) async throws(KubernetesError) -> ListResult {
        for attempt in 1... {
            do throws(KubernetesError) {
                return try await listPages(resource, namespace, selector, pageSize, retry, each)
            } catch {
                guard error.kind == .expired, attempt < Self.restartLimit else { throw error }
                restarted()
            }
        }
        preconditionFailure("the loop has no end")
    }

    private func listPages(
        _ resource: APIResource, _ namespace: String?, _ selector: Selector, _ pageSize: Int, _ retry: RetryPolicy,
        _ each: (JSONValue) -> Void
    ) async throws(KubernetesError) -> ListResult {
        var result = ListResult(resourceVersion: "", count: 0)
        var token: String?
        repeat {
            var query = selector.query + [QueryItem("limit", "\(pageSize)")]
            if let token { query.append(QueryItem("continue", token)) }
            let request = KubernetesRequest("list", resource, namespace: namespace, query: query)
            let page = try await ListPage(send(request, retry: retry).body, request)
            try page.forEach { object in
                each(object)
                result.count += 1
            }
            result.resourceVersion = page.resourceVersion
            token = page.continueToken
        } while token != nil
        return result
    }
}

/// One page of a list, of which objects are read one at a time.
struct ListPage {
    let resourceVersion: String
    let continueToken: String?
    private let items: [JSONText]
    private let request: KubernetesRequest

    init(_ body: [UInt8], _ request: KubernetesRequest) throws(KubernetesError) {
        self.request = request
        do {
            let members = try JSONText(utf8: body).members() ?? []
            let metadata = try members.last { $0.key == "metadata" }?.value.value()
            guard let version = metadata?["resourceVersion"]?.stringValue else {
                throw UnreadableAnswer("a list without a resourceVersion")
            }
            resourceVersion = version
            continueToken = metadata?["continue"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            items = try members.last { $0.key == "items" }?.value.elements() ?? []
        } catch {
            throw Self.failure(request, error)
        }
    }

    func forEach(_ body: (JSONValue) -> Void) throws(KubernetesError) {
        for item in items {
            do throws(JSONParseError) { body(try item.value()) } catch { throw Self.failure(request, error) }
        }
    }

    /// An answer that ends too early, for one.
    private static func failure(_ request: KubernetesRequest, _ error: any Error) -> KubernetesError {
        KubernetesError(
            .unavailable(retryAfter: nil), "\(request.summary): the answer cannot be read: \(error)", cause: error)
    }
}
