import HTTPTransport

extension KubernetesConfiguration {
    /// Where a pod finds its service account.
    package static let serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The configuration that kubectl would use: `file`, else the files of KUBECONFIG, else `~/.kube/config`, else the
    /// service account of the pod that this runs in.
    package static func discover(
        file: String? = nil, context: String? = nil, environment: [String: String],
        serviceAccountFolder: String = serviceAccountFolder
    ) throws(KubernetesConfigurationError) -> KubernetesConfiguration {
        let paths = file.map { [$0] } ?? kubeConfigPaths(environment)
        for path in paths where try ConfigurationFile.bytes(path) != nil {
            return try KubeConfig(paths: paths).configuration(context: context)
        }
        if let file { throw KubernetesConfigurationError(place: file, message: "there is no such file") }
        if context == nil, environment["KUBERNETES_SERVICE_HOST"] != nil {
            return try inCluster(environment: environment, folder: serviceAccountFolder)
        }
        throw KubernetesConfigurationError(
            place: paths.isEmpty ? "kubeconfig" : paths.joined(separator: ":"),
            message: "no kubeconfig is there and this is no pod; set KUBECONFIG to the path of one")
    }

    static func kubeConfigPaths(_ environment: [String: String]) -> [String] {
        let named = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        if !named.isEmpty { return named }
        return environment["HOME"].map { ["\($0)/.kube/config"] } ?? []
    }

    /// The configuration of a pod: its environment and the files of its service account.
    package static func inCluster(
        environment: [String: String], folder: String = serviceAccountFolder
    ) throws(KubernetesConfigurationError) -> KubernetesConfiguration {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], let port = environment["KUBERNETES_SERVICE_PORT"]
        else {
            throw KubernetesConfigurationError(
                place: "environment", field: "KUBERNETES_SERVICE_HOST", message: "not set: this is no pod")
        }
        // The token is read for each use; that it is there at all is said now.
        _ = try ConfigurationFile.requiredText(folder + "/token", field: "automountServiceAccountToken")
        let namespace = try ConfigurationFile.bytes(folder + "/namespace").map { String(decoding: $0, as: UTF8.self) }
        return KubernetesConfiguration(
            server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
            tls: TLSSettings(authorities: .file(folder + "/ca.crt")),
            namespace: namespace.map { ConfigurationFile.trimmed($0) } ?? "default",
            credential: .tokenFile(folder + "/token"), origin: "the pod's service account")
    }
}
