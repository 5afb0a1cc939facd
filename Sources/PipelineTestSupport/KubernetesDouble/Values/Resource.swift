extension KubernetesDouble {
    /// The kinds of objects that the double serves, by the plural name of their path.
    package enum Resource: String, Sendable, Hashable, CaseIterable {
        case pods, nodes, events, configmaps, secrets, namespaces, leases, persistentvolumeclaims, resourcequotas
        case serviceaccounts, selfsubjectaccessreviews

        package var kind: String {
            switch self {
            case .pods: "Pod"
            case .nodes: "Node"
            case .events: "Event"
            case .configmaps: "ConfigMap"
            case .secrets: "Secret"
            case .namespaces: "Namespace"
            case .leases: "Lease"
            case .persistentvolumeclaims: "PersistentVolumeClaim"
            case .resourcequotas: "ResourceQuota"
            case .serviceaccounts: "ServiceAccount"
            case .selfsubjectaccessreviews: "SelfSubjectAccessReview"
            }
        }

        package var group: String {
            switch self {
            case .leases: "coordination.k8s.io"
            case .selfsubjectaccessreviews: "authorization.k8s.io"
            default: ""
            }
        }

        package var apiVersion: String { group.isEmpty ? "v1" : "\(group)/v1" }

        package var isNamespaced: Bool {
            switch self {
            case .nodes, .namespaces, .selfsubjectaccessreviews: false
            default: true
            }
        }

        /// The path before the namespace: `/api/v1` or `/apis/GROUP/v1`.
        package var root: String { group.isEmpty ? "/api/v1" : "/apis/\(apiVersion)" }

        /// The path of all objects of a namespace, or of all where there is none.
        package func path(in namespace: String? = nil) -> String {
            guard isNamespaced, let namespace else { return "\(root)/\(rawValue)" }
            return "\(root)/namespaces/\(namespace)/\(rawValue)"
        }
    }
}
