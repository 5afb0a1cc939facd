import Foundation
import PipelineTestSupport
import Synchronization
import Testing

/// Messages to addresses of the settings, without Python.
@Suite struct NotificationCommandTests {
    private static let dags = """
        fails:
          tasks:
            no: {operator: BashOperator, bash_command: "exit 1"}
        """

    /// Takes messages on loopback; the first ones get these statuses, all others 200.
    private final class Listener: Sendable {
        struct Message: Sendable {
            var head: String
            var body: String
        }

        let messages: @Sendable () -> [Message]
        let server: StreamingServer

        init(_ statuses: [Int] = []) throws {
            let box = Box(statuses)
            messages = { box.messages.withLock { $0 } }
            server = try StreamingServer { connection in
                while let head = connection.readHead() {
                    let length = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                        .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
                    let body = String(decoding: connection.read(length) ?? [], as: UTF8.self)
                    let status = box.take(Message(head: head, body: body))
                    connection.send("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n")
                }
            }
        }

        private final class Box: Sendable {
            let messages = Mutex<[Message]>([])
            private let statuses: Mutex<[Int]>

            init(_ statuses: [Int]) { self.statuses = Mutex(statuses) }

            func take(_ message: Message) -> Int {
                messages.withLock { $0.append(message) }
                return statuses.withLock { $0.isEmpty ? 200 : $0.removeFirst() }
            }
        }
    }

    private func settings(_ url: String) -> String {
        """
        notifications:
          - url: \(url)hook
            on: [failure, task_failure]
            secret: sesame
          - url: \(url)other
            on: [success]
        """
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func aFailedRunIsToldOfAndSigned() throws {
        let listener = try Listener()
        defer { listener.server.stop() }
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dags])
        _ = try program.file("pipeline.yaml", settings(listener.server.url))
        let result = try program.run("run", "fails", "--run-id", "r")
        #expect(result.status == 1, "\(result.errors)")
        let messages = listener.messages()
        let bodies = try messages.map { try object($0.body) }
        #expect(Set(bodies.compactMap { $0["event"] as? String }) == ["failure", "task_failure"])
        #expect(bodies.allSatisfy { $0["dag_id"] as? String == "fails" && $0["run_id"] as? String == "r" })
        for message in messages {
            #expect(message.head.hasPrefix("POST /hook HTTP/1.1"))
            #expect(message.head.lowercased().contains("x-pipeline-signature-256: sha256="))
        }
        #expect(!result.errors.contains("sesame") && !result.errors.contains("/hook"))
    }

    @Test func whoIsBusyIsToldLater() throws {
        let listener = try Listener([503, 503])
        defer { listener.server.stop() }
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dags])
        _ = try program.file("pipeline.yaml", settings(listener.server.url))
        let result = try program.run("run", "fails", "--run-id", "r")
        // The run does not wait for it; a scheduler goes on with what is left.
        #expect(result.status == 1)
        #expect(result.errors.contains("is tried again in 10.0 s: the target answered with status 503"))
        #expect(listener.messages().count == 2)
    }

    @Test func theSettingIsASecretAndIsCheckedAtOnce() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dags])
        let path = try program.file("pipeline.yaml", settings("http://localhost/"))
        let list = try program.run("config", "list")
        #expect(list.status == 0 && !list.output.contains("sesame") && !list.output.contains("hook"), "\(list.errors)")
        _ = try program.file("pipeline.yaml", "notifications:\n  - url: http://localhost\n    on: [fail]\n")
        let wrong = try program.run("config", "list")
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains(#"notifications[0].on: "fail" is none of"#) && wrong.errors.contains(path), "\(wrong.errors)")
    }
}
