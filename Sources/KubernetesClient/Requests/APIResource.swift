/// A kind of object, as paths name it.
package struct APIResource: Sendable, Hashable {
    /// Empty for the core group.
    package var group: String
    package var version: String
    package var plural: String
    package var isNamespaced: Bool

    package init(group: String = "", version: String = "v1", plural: String, isNamespaced: Bool = true) {
        self.group = group
        self.version = version
        self.plural = plural
        self.isNamespaced = isNamespaced
    }

    package static let pods = APIResource(plural: "pods")
    package static let events = APIResource(plural: "events")
    package static let configMaps = APIResource(plural: "configmaps")
    package static let secrets = APIResource(plural: "secrets")
    package static let serviceAccounts = APIResource(plural: "serviceaccounts")
    package static let persistentVolumeClaims = APIResource(plural: "persistentvolumeclaims")
    package static let resourceQuotas = APIResource(plural: "resourcequotas")
    package static let nodes = APIResource(plural: "nodes", isNamespaced: false)
    package static let namespaces = APIResource(plural: "namespaces", isNamespaced: false)
    package static let leases = APIResource(group: "coordination.k8s.io", plural: "leases")
    package static let jobs = APIResource(group: "batch", plural: "jobs")
    package static let accessReviews = APIResource(
        group: "authorization.k8s.io", plural: "selfsubjectaccessreviews", isNamespaced: false)

    /// The path of the objects, of one of them, or of a part of one. `namespace` `nil`: of all namespaces.
    func path(namespace: String?, name: String? = nil, subresource: String? = nil) -> String {
        var parts = group.isEmpty ? ["api", version] : ["apis", group, version]
        if isNamespaced, let namespace { parts += ["namespaces", namespace] }
        parts.append(plural)
        if let name { parts.append(name) }
        if let subresource { parts.append(subresource) }
        return parts.map { "/" + PercentEncoding.encode($0) }.joined()
    }
}
