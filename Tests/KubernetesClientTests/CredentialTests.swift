import ChildProcesses
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import KubernetesClient

@Suite struct CredentialTests {
    private let folder = TemporaryFolder()

    @Test func aTokenFileIsReadAgainEachMinuteAndWhenItWasRefused() throws {
        let path = folder.write("one\n", to: "token")
        let clock = TestClock()
        let source = TokenFileCredential(path: path, clock: clock)
        #expect(try source.authorization() == "Bearer one")
        folder.write("two", to: "token")
        clock.advance(by: .seconds(59))
        #expect(try source.authorization() == "Bearer one")
        clock.advance(by: .seconds(1))
        #expect(try source.authorization() == "Bearer two")
        folder.write("three", to: "token")
        source.renew(rejected: "Bearer one")
        #expect(try source.authorization() == "Bearer two")
        source.renew(rejected: "Bearer two")
        #expect(try source.authorization() == "Bearer three")
        folder.write("", to: "token")
        source.renew(rejected: "Bearer three")
        #expect(throws: KubernetesConfigurationError.self) { try source.authorization() }
    }

    @Test func basicCredentialsAreEncoded() async throws {
        let source = CredentialDefinition.basic(user: "joe", password: "p:w").source(
            clock: TestClock(), wallClock: TestClock().wallClock, runner: ScriptedRunner([]))
        #expect(try await source.authorization() == "Basic am9lOnA6dw==")
    }

    private let plugin = ExecPlugin(
        apiVersion: "client.authentication.k8s.io/v1", command: "login", arguments: ["x"], environment: ["A": "1"],
        installHint: "apt install login", place: "config: users[u].exec")

    private func answer(_ token: String, expires: String? = nil, version: String = "client.authentication.k8s.io/v1")
        -> CommandResult
    {
        var fields: JSONObject = ["token": .string(token)]
        if let expires { fields["expirationTimestamp"] = .string(expires) }
        let json: JSONValue = ["kind": "ExecCredential", "apiVersion": .string(version), "status": .object(fields)]
        return CommandResult(exitCode: 0, output: json.serializedUTF8())
    }

    @Test func aPluginRunsOnceUntilItsCredentialsExpire() async throws {
        let clock = TestClock(start: Timestamp(iso8601: "2026-01-01T00:00:00Z") ?? Timestamp(seconds: 0))
        let runner = ScriptedRunner([.success(answer("a", expires: "2026-01-01T01:00:00Z")), .success(answer("b"))])
        let source = ExecCredential(plugin: plugin, runner: runner, wallClock: clock.wallClock)
        for _ in 0..<3 { #expect(try await source.authorization() == "Bearer a") }
        clock.advance(by: .seconds(3_589))
        #expect(try await source.authorization() == "Bearer a")
        clock.advance(by: .seconds(1))
        #expect(try await source.authorization() == "Bearer b" && runner.calls.count == 2)
        await source.renew(rejected: "Bearer a")
        _ = try await source.authorization()
        #expect(runner.calls.count == 2)
        await source.renew(rejected: "Bearer b")
        _ = try await source.authorization()
        #expect(runner.calls.count == 3)
        #expect(runner.calls[0].command == "login" && runner.calls[0].environment["A"] == "1")
        let info = try JSONValue.parse(runner.calls[0].environment["KUBERNETES_EXEC_INFO"] ?? "")
        #expect(info["spec"] == ["interactive": false])
    }

    @Test func manyWhoAskAtOnceShareOneRun() async throws {
        let runner = ScriptedRunner([.success(answer("a"))])
        let source = ExecCredential(plugin: plugin, runner: runner, wallClock: TestClock().wallClock)
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<50 { group.addTask { try await source.authorization() } }
            for try await value in group { #expect(value == "Bearer a") }
        }
        #expect(runner.calls.count == 1)
    }

    @Test func whatAPluginDoesWrongIsSaid() async {
        let cases: [(Result<CommandResult, CommandError>, String)] = [
            (.success(CommandResult(exitCode: 2, output: [], errorOutput: "no session")), "exit code 2: no session"),
            (.success(CommandResult(exitCode: 0, output: Array("hi".utf8))), "did not print an ExecCredential"),
            (.success(answer("a", version: "client.authentication.k8s.io/v1beta1")), "is configured"),
            (
                .success(
                    CommandResult(
                        exitCode: 0,
                        output: Array(
                            #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}"#
                                .utf8))), "neither a token"
            ),
            (.failure(CommandError(.notStarted, program: "login", message: "cannot be started")), "apt install login"),
        ]
        for (result, text) in cases {
            let source = ExecCredential(
                plugin: plugin, runner: ScriptedRunner([result]), wallClock: TestClock().wallClock)
            let error = await #expect(throws: KubernetesConfigurationError.self) { try await source.authorization() }
            #expect(error?.place == "config: users[u].exec" && error?.message.contains(text) == true, "\(error as Any)")
        }
    }
}

private final class ScriptedRunner: CommandRunner {
    struct Call: Sendable {
        var command: String
        var environment: [String: String]
    }

    private let results: [Result<CommandResult, CommandError>]
    private let seen = Mutex<[Call]>([])

    init(_ results: [Result<CommandResult, CommandError>]) { self.results = results }

    var calls: [Call] { seen.withLock { $0 } }

    func run(
        _ command: String, _ arguments: [String], environment: [String: String]
    ) async throws(CommandError) -> CommandResult {
        let number = seen.withLock { calls in
            calls.append(Call(command: command, environment: environment))
            return calls.count - 1
        }
        await Task.yield()
        return try results[min(number, results.count - 1)].get()
    }
}
