import ChildProcesses
import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Testing

@testable import KubernetesClient

@Suite struct CertificateClientTests {
    private final class Runner: CommandRunner {
        private let calls = Locked(0)

        func run(
            _ command: String, _ arguments: [String], environment: [String: String]
        ) async throws(CommandError) -> CommandResult {
            calls.change { $0 += 1 }
            let certificate = calls.value < 3 ? "one" : "two"
            let status: JSONValue = [
                "clientCertificateData": .string(certificate), "clientKeyData": "key",
                "expirationTimestamp": "2020-01-01T00:00:00Z",
            ]
            let json: JSONValue = [
                "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": status,
            ]
            return CommandResult(exitCode: 0, output: json.serializedUTF8())
        }
    }

    @Test func aNewCertificateMeansANewClient() async throws {
        let plugin = ExecPlugin(apiVersion: "client.authentication.k8s.io/v1", command: "x")
        let credential = ExecCredential(plugin: plugin, runner: Runner(), wallClock: TestClock().wallClock)
        let made = Locked<[TLSSettings]>([])
        let client = CertificateClient(tls: TLSSettings(serverName: "k"), credential: credential) { tls in
            made.change { $0.append(tls) }
            return ScriptedHTTPClient(replies: [.json([:])])
        }
        for _ in 0..<4 { _ = try await client.send(HTTPRequest(url: "https://api/")) }
        let expected = ["one", "two"].map { name in
            TLSSettings(
                clientCertificate: .data(Array(name.utf8)), clientKey: .data(Array("key".utf8)), serverName: "k")
        }
        #expect(made.value == expected)
    }
}
