package import PipelineCore

/// A program that prints credentials (`client.authentication.k8s.io/v1` and `v1beta1`).
package struct ExecPlugin: Sendable, Hashable {
    package var apiVersion: String
    package var command: String
    package var arguments: [String]
    /// Laid over the environment of this process.
    package var environment: [String: String]
    /// `spec.cluster` of KUBERNETES_EXEC_INFO, where the configuration has `provideClusterInfo`.
    package var cluster: JSONValue?
    /// What the author of the configuration says where the program is missing.
    package var installHint: String?
    /// The field of the configuration, for messages.
    package var place: String

    package init(
        apiVersion: String, command: String, arguments: [String] = [], environment: [String: String] = [:],
        cluster: JSONValue? = nil, installHint: String? = nil, place: String = ""
    ) {
        self.apiVersion = apiVersion
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.cluster = cluster
        self.installHint = installHint
        self.place = place
    }

    static let apiVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]

    /// The content of KUBERNETES_EXEC_INFO.
    var execInfo: JSONValue {
        var spec: JSONObject = ["interactive": false]
        if let cluster { spec["cluster"] = cluster }
        return .object(["kind": "ExecCredential", "apiVersion": .string(apiVersion), "spec": .object(spec)])
    }
}
