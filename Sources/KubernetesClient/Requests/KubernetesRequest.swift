import HTTPTransport
package import PipelineCore

/// One call of the API as a value.
package struct KubernetesRequest: Sendable, Hashable {
    /// RBAC's word: get, list, watch, create, delete, deletecollection, patch, update.
    package var verb: String
    package var method: String
    package var path: String
    package var query: [QueryItem]
    package var body: [UInt8]?
    package var contentType: String?
    package var accept: String
    /// API group; empty for the core.
    package var group: String
    /// As RBAC names it: `pods`, `pods/log`.
    package var resourceName: String
    package var namespace: String?
    package var name: String?

    /// A call on a resource.
    package init(
        _ verb: String, method: String = "GET", _ resource: APIResource, namespace: String?, name: String? = nil,
        subresource: String? = nil, query: [QueryItem] = [], body: JSONValue? = nil,
        contentType: String = "application/json"
    ) {
        self.verb = verb
        self.method = method
        path = resource.path(namespace: namespace, name: name, subresource: subresource)
        self.query = query
        self.body = body.map { $0.serializedUTF8() }
        self.contentType = body == nil ? nil : contentType
        accept = "application/json"
        group = resource.group
        resourceName = resource.plural + (subresource.map { "/\($0)" } ?? "")
        self.namespace = resource.isNamespaced ? namespace : nil
        self.name = name
    }

    /// A GET of a path that is no resource, such as `/version`.
    package init(path: String) {
        (verb, method, query, accept) = ("get", "GET", [], "*/*")
        self.path = path
        (group, resourceName) = ("", path)
    }

    /// `create pods in namespace ml`, for messages.
    package var summary: String {
        let object = name.map { " '\($0)'" } ?? ""
        return "\(verb) \(resourceName)\(object)\(namespace.map { " in namespace \($0)" } ?? "")"
    }

    func http(server: String, authorization: String?, limits: HTTPRequest.Limits) -> HTTPRequest {
        var headers: HTTPHeaders = ["Accept": accept]
        if let contentType { headers["Content-Type"] = contentType }
        if let authorization { headers["Authorization"] = authorization }
        let suffix = query.isEmpty ? "" : "?" + PercentEncoding.query(query)
        return HTTPRequest(method: method, url: server + path + suffix, headers: headers, body: body, limits: limits)
    }
}
