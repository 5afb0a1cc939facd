package import ChildProcesses
package import PipelineCore

/// Credentials that a plugin prints, kept until they expire. One run of the plugin serves all who wait for it.
package actor ExecCredential: CredentialSource {
    /// Credentials are renewed this long before they end.
    static let margin: Duration = .seconds(10)

    /// What the plugin printed.
    package struct Status: Sendable, Hashable {
        package var token: String?
        /// PEM.
        package var clientCertificate: String?
        package var clientKey: String?
        package var expiration: Timestamp?
    }

    private let plugin: ExecPlugin
    private let runner: any CommandRunner
    private let wallClock: any WallClock
    private var cached: Status?
    private var run: Task<Result<Status, KubernetesConfigurationError>, Never>?

    package init(plugin: ExecPlugin, runner: any CommandRunner, wallClock: any WallClock) {
        self.plugin = plugin
        self.runner = runner
        self.wallClock = wallClock
    }

    package func authorization() async throws(KubernetesConfigurationError) -> String? {
        try await status().token.map { "Bearer \($0)" }
    }

    package func renew(rejected: String?) {
        if let token = cached?.token, rejected != "Bearer \(token)" { return }
        cached = nil
    }

    /// What the plugin says now.
    package func status() async throws(KubernetesConfigurationError) -> Status {
        if let cached, isFresh(cached) { return cached }
        // A task of its own: who waits for it may be cancelled, while others still want the result.
        let task =
            run
            ?? Task { [plugin, runner] in
                do throws(KubernetesConfigurationError) {
                    return .success(try await Self.fetch(plugin, runner))
                } catch {
                    return .failure(error)
                }
            }
        run = task
        let result = await task.value
        if run == task { run = nil }
        let status = try result.get()
        cached = status
        return status
    }

    private func isFresh(_ status: Status) -> Bool {
        status.expiration.map { wallClock.now() + Self.margin < $0 } ?? true
    }

    private static func fetch(
        _ plugin: ExecPlugin, _ runner: any CommandRunner
    ) async throws(KubernetesConfigurationError) -> Status {
        var environment = plugin.environment
        environment["KUBERNETES_EXEC_INFO"] = plugin.execInfo.serialized()
        let result: CommandResult
        do throws(CommandError) {
            result = try await runner.run(plugin.command, plugin.arguments, environment: environment)
        } catch {
            throw failure(plugin, error.message + (plugin.installHint.map { "\n\($0)" } ?? ""))
        }
        guard result.exitCode == 0 else {
            throw failure(plugin, "ended with exit code \(result.exitCode): \(result.errorOutput)")
        }
        return try read(result.output, plugin)
    }

    private static func read(_ output: [UInt8], _ plugin: ExecPlugin) throws(KubernetesConfigurationError) -> Status {
        guard let document = try? JSONValue.parse(utf8: output), document["kind"]?.stringValue == "ExecCredential"
        else { throw failure(plugin, "did not print an ExecCredential") }
        let version = document["apiVersion"]?.stringValue ?? ""
        guard version == plugin.apiVersion else {
            throw failure(plugin, "printed apiVersion '\(version)', but '\(plugin.apiVersion)' is configured")
        }
        let fields = document["status"]
        let status = Status(
            token: fields?["token"]?.stringValue,
            clientCertificate: fields?["clientCertificateData"]?.stringValue,
            clientKey: fields?["clientKeyData"]?.stringValue,
            expiration: fields?["expirationTimestamp"]?.stringValue.flatMap { Timestamp(iso8601: $0) })
        guard status.token != nil || (status.clientCertificate != nil && status.clientKey != nil) else {
            throw failure(plugin, "printed neither a token nor a client certificate with its key")
        }
        return status
    }

    private static func failure(_ plugin: ExecPlugin, _ message: String) -> KubernetesConfigurationError {
        KubernetesConfigurationError(place: plugin.place, field: plugin.command, message: message)
    }
}
