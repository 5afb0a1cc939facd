import PipelineCore

extension KubernetesDouble {
    /// What a call asks for, in the words of RBAC.
    package enum Verb: String, Sendable, Hashable, CaseIterable {
        case get, list, watch, create, update, patch, delete, deletecollection
    }

    /// One call as it arrived.
    package struct Call: Sendable, Hashable {
        /// Counted from 1 over all clients.
        package var number = 0
        /// Simulated time since the double was made.
        package var at = Duration.zero
        package var verb: Verb
        /// `nil` for paths outside the objects, such as `/version`.
        package var resource: Resource?
        package var namespace: String?
        /// Of the path, or of the body of a create.
        package var name: String?
        package var subresource: String?
        package var path: String
        /// In the order of the URL, decoded.
        package var query: [Parameter]
        package var token: String?
        package var contentType: String?
        /// It asks to go on as a WebSocket.
        package var isUpgrade = false
        package var body: [UInt8] = []

        package struct Parameter: Sendable, Hashable {
            package var name: String
            package var value: String
        }

        /// The first parameter of that name.
        package subscript(name: String) -> String? { query.first { $0.name == name }?.value }

        /// Whether a parameter is there and true in the manner of Go's `ParseBool`.
        package func flag(_ name: String) -> Bool {
            ["1", "t", "T", "true", "TRUE", "True"].contains(self[name] ?? "")
        }
    }

    /// The key of an object in the store.
    package struct ObjectKey: Sendable, Hashable, Comparable {
        package var resource: Resource
        /// Empty for objects of the cluster.
        package var namespace: String
        package var name: String

        package init(_ resource: Resource, _ namespace: String, _ name: String) {
            self.resource = resource
            self.namespace = resource.isNamespaced ? namespace : ""
            self.name = name
        }

        package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
            (left.namespace, left.name) < (right.namespace, right.name)
        }
    }
}

typealias Resource = KubernetesDouble.Resource
typealias ObjectKey = KubernetesDouble.ObjectKey
