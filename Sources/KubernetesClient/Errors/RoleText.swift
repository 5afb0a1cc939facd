/// The RBAC objects that would allow a request, as YAML.
enum RoleText {
    static func role(for request: KubernetesRequest) -> String {
        let kind = request.namespace == nil ? "ClusterRole" : "Role"
        let place = request.namespace.map { "\n  namespace: \($0)" } ?? ""
        return """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: \(kind)
            metadata:
              name: pipeline\(place)
            rules:
            \(subject(of: request))
              verbs: [\(verbs(of: request).map { "\"\($0)\"" }.joined(separator: ", "))]
            """
    }

    private static func subject(of request: KubernetesRequest) -> String {
        // `/version` and the like belong to no group.
        if request.resourceName.hasPrefix("/") { return "- nonResourceURLs: [\"\(request.resourceName)\"]" }
        return "- apiGroups: [\"\(request.group)\"]\n  resources: [\"\(request.resourceName)\"]"
    }

    /// Exec over WebSocket is a GET to older servers, and a create to newer ones.
    private static func verbs(of request: KubernetesRequest) -> [String] {
        request.resourceName == "pods/exec" ? ["get", "create"] : [request.verb]
    }
}
