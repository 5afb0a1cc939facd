import HTTPTransport
import PipelineCore

/// Kubeconfig files, merged as kubectl does: of entries of the same name, and of `current-context`, the first file's
/// count.
package struct KubeConfig {
    private var entries: [Section: [String: KubeConfigNode]] = [:]
    private var order: [Section: [String]] = [:]
    private var currentContext: String?
    private let files: [String]

    private enum Section: String, CaseIterable {
        case clusters, users, contexts

        var member: String { String(rawValue.dropLast()) }
    }

    /// Reads `paths`; those that are missing are passed over.
    package init(paths: [String]) throws(KubernetesConfigurationError) {
        files = paths
        for path in paths {
            guard let bytes = try ConfigurationFile.bytes(path), let root = try KubeConfigNode.root(bytes, file: path)
            else { continue }
            try merge(root)
        }
    }

    private mutating func merge(_ root: KubeConfigNode) throws(KubernetesConfigurationError) {
        if currentContext == nil { currentContext = try root.text("current-context") }
        for section in Section.allCases {
            for entry in try root.list(section.rawValue) {
                let name = try entry.requiredText("name")
                guard entries[section]?[name] == nil else { continue }
                let value = try entry.member(section.member) ?? entry
                entries[section, default: [:]][name] = value.renamed("\(section.rawValue)[\(name)]")
                order[section, default: []].append(name)
            }
        }
    }

    package var contexts: [String] { order[.contexts] ?? [] }

    /// The configuration of `context`, or of the current one.
    package func configuration(context: String? = nil) throws(KubernetesConfigurationError) -> KubernetesConfiguration {
        guard let name = context ?? currentContext else {
            throw error("current-context", "not set; name a context, one of: \(list(.contexts))")
        }
        let context = try entry(.contexts, name, "contexts[\(name)]")
        let cluster = try entry(.clusters, try context.requiredText("cluster"), context.path + ".cluster")
        let user = try context.text("user").flatMapThrowing { name throws(KubernetesConfigurationError) in
            try entry(.users, name, context.path + ".user")
        }
        return KubernetesConfiguration(
            server: try Self.server(cluster), tls: try Self.tls(cluster, user),
            proxy: try cluster.text("proxy-url").map { .url($0) } ?? .environment,
            namespace: try context.text("namespace") ?? "default",
            credential: try user.flatMapThrowing { user throws(KubernetesConfigurationError) in
                try Self.credential(user, cluster)
            } ?? .none,
            origin: "context '\(name)' of \(context.file)")
    }

    private func entry(
        _ section: Section, _ name: String, _ field: String
    ) throws(KubernetesConfigurationError) -> KubeConfigNode {
        if let node = entries[section]?[name] { return node }
        throw error(field, "there is no \(section.member) '\(name)'; known are: \(list(section))")
    }

    private func list(_ section: Section) -> String {
        let names = order[section] ?? []
        return names.isEmpty ? "none" : names.joined(separator: ", ")
    }

    private func error(_ field: String, _ message: String) -> KubernetesConfigurationError {
        KubernetesConfigurationError(place: files.joined(separator: ":"), field: field, message: message)
    }

    private static func server(_ cluster: KubeConfigNode) throws(KubernetesConfigurationError) -> String {
        var server = try cluster.requiredText("server")
        guard server.hasPrefix("https://") || server.hasPrefix("http://") else {
            throw cluster.error("'server' is \(server), but must be an http or https URL")
        }
        while server.hasSuffix("/") { server.removeLast() }
        return server
    }

    /// Data counts before a file, as kubectl has it.
    private static func tls(
        _ cluster: KubeConfigNode, _ user: KubeConfigNode?
    ) throws(KubernetesConfigurationError) -> TLSSettings {
        let insecure = try cluster.flag("insecure-skip-tls-verify")
        let authorities = try material(cluster, "certificate-authority")
        if insecure, authorities != nil {
            throw cluster.error("'certificate-authority' and 'insecure-skip-tls-verify' exclude each other; remove one")
        }
        let certificate = try user.flatMapThrowing { user throws(KubernetesConfigurationError) in
            try material(user, "client-certificate")
        }
        let key = try user.flatMapThrowing { user throws(KubernetesConfigurationError) in
            try material(user, "client-key")
        }
        if let user, (certificate == nil) != (key == nil) {
            throw user.error("'client-certificate' and 'client-key' belong together; one of them is missing")
        }
        return TLSSettings(
            authorities: authorities, clientCertificate: certificate, clientKey: key,
            serverName: try cluster.text("tls-server-name"), verifiesServer: !insecure)
    }

    private static func material(
        _ node: KubeConfigNode, _ key: String
    ) throws(KubernetesConfigurationError) -> TLSSettings.Material? {
        if let data = try node.data(key + "-data") { return .data(data) }
        return try node.filePath(key).map { .file($0) }
    }

    private static func credential(
        _ user: KubeConfigNode, _ cluster: KubeConfigNode
    ) throws(KubernetesConfigurationError) -> CredentialDefinition {
        for key in ["as", "as-uid", "as-groups", "as-user-extra"] {
            guard let value = try user.member(key) else { continue }
            throw value.error("impersonation is not supported; use a user with the rights that are needed")
        }
        if let path = try user.filePath("tokenFile") { return .tokenFile(path) }
        if let token = try user.text("token") { return .token(token) }
        if let name = try user.text("username") {
            return .basic(user: name, password: try user.text("password") ?? "")
        }
        if let exec = try user.member("exec") { return .exec(try plugin(exec, cluster)) }
        if let provider = try user.member("auth-provider") {
            throw provider.error("auth-provider was removed from Kubernetes; use an 'exec' plugin")
        }
        return .none
    }

    private static func plugin(
        _ exec: KubeConfigNode, _ cluster: KubeConfigNode
    ) throws(KubernetesConfigurationError) -> ExecPlugin {
        let version = try exec.requiredText("apiVersion")
        guard ExecPlugin.apiVersions.contains(version) else {
            throw exec.error("apiVersion '\(version)' is not one of \(ExecPlugin.apiVersions.joined(separator: ", "))")
        }
        if try exec.text("interactiveMode") == "Always" {
            throw exec.error("interactiveMode is Always, but nobody is there to answer; use IfAvailable or Never")
        }
        var environment: [String: String] = [:]
        for variable in try exec.list("env") {
            environment[try variable.requiredText("name")] = try variable.text("value") ?? ""
        }
        let command = try exec.requiredText("command")
        return ExecPlugin(
            apiVersion: version, command: command.contains("/") ? exec.resolved(command) : command,
            arguments: try exec.list("args").compactMap { $0.plainText }, environment: environment,
            cluster: try exec.flag("provideClusterInfo") ? try clusterInfo(cluster) : nil,
            installHint: try exec.text("installHint"), place: "\(exec.file): \(exec.path)")
    }

    /// A cluster as plugins are told of it: file contents instead of paths, and the plugin's own configuration.
    private static func clusterInfo(_ cluster: KubeConfigNode) throws(KubernetesConfigurationError) -> JSONValue {
        var info: JSONObject = [:]
        for key in ["server", "tls-server-name", "proxy-url"] {
            if let text = try cluster.text(key) { info[key] = .string(text) }
        }
        if try cluster.flag("insecure-skip-tls-verify") { info["insecure-skip-tls-verify"] = true }
        switch try material(cluster, "certificate-authority") {
        case .data(let bytes): info["certificate-authority-data"] = .string(Base64.encode(bytes))
        case .file(let path):
            let bytes = try ConfigurationFile.bytes(path, field: cluster.path + ".certificate-authority") ?? []
            info["certificate-authority-data"] = .string(Base64.encode(bytes))
        case nil: break
        }
        for entry in try cluster.list("extensions")
        where try entry.text("name") == "client.authentication.k8s.io/exec" {
            info["config"] = try entry.member("extension")?.json
        }
        return .object(info)
    }
}

extension Optional {
    /// `flatMap` with a typed error.
    func flatMapThrowing<Result, Failure>(
        _ transform: (Wrapped) throws(Failure) -> Result?
    ) throws(Failure) -> Result? {
        switch self {
        case .some(let value): try transform(value)
        case .none: nil
        }
    }
}
