import Glibc
import PipelineCore
import Synchronization
import Testing

@testable import LocalExecutor

/// E-mails as Airflow writes them, over a connection of the store; `PIPELINE_TEST_PYTHON` names the interpreter.
@Suite(.enabled(if: getenv("PIPELINE_TEST_PYTHON") != nil, "set PIPELINE_TEST_PYTHON to a Python with the Task SDK"))
struct EmailTests {
    /// Runs one request against a mail server of its own; the message it got, `nil` where none is expected.
    private func mail(_ work: CallbackWork, isSent: Bool = true) async throws -> (end: CallbackEnd, message: JSONValue?) {
        let python = getenv("PIPELINE_TEST_PYTHON").map { String(cString: $0) } ?? "python3"
        let server = try await SMTPServer(python: python)
        do {
            let bench = try CallbackBench(dagID: "mails", file: "mails.py")
            var connection = Connection(id: "smtp_default", type: "smtp")
            (connection.host, connection.port, connection.login) = ("127.0.0.1", server.port, "me")
            connection.password = "correct horse"
            connection.extra = #"{"disable_ssl": true, "disable_tls": true, "from_email": "pipeline@example.org"}"#
            bench.service.state.withLock { $0.connections = [connection] }
            let end = await bench.runner.run(bench.request("mails", work))
            let message = isSent && end == .done ? try await server.message() : nil
            await server.stop()
            return (end, message)
        } catch {
            await server.stop()
            throw error
        }
    }

    private static let task = CallbackBench.task()

    @Test(arguments: [true, false]) func aDeadTaskIsWrittenAbout(_ isRetry: Bool) async throws {
        let (end, message) = try await mail(.email(Self.task, isRetry: isRetry, message: "killed <9>"))
        #expect(end == .done)
        #expect(message?["from"] == "<airflow@airflow>" && message?["auth"] != nil)
        #expect(message?["to"] == ["<a@example.org>", "<b@example.org>"])
        #expect(message?["header_to"] == "a@example.org, b@example.org")
        // As Airflow 3.3.2 writes it; source: `sdk/execution_time/task_runner.py` (`_send_error_email_notification`).
        #expect(message?["subject"]?.stringValue?.hasPrefix("Airflow alert: id=UUID('01940000-") == true)
        let body = message?["body"]?.stringValue ?? ""
        #expect(body.hasPrefix("Try 2 out of 3<br>Exception:<br>killed &lt;9&gt;<br>Log: <a href="), "\(body)")
        #expect(body.contains(">Link</a><br>Host: <br>Mark success: <a href="), "\(body)")
    }

    @Test func whoDoesNotWantItIsNotWrittenTo() async throws {
        let work = CallbackWork.email(CallbackBench.task("quiet"), isRetry: false, message: "killed")
        let (end, _) = try await mail(work, isSent: false)
        #expect(end == .done)
    }

    @Test func aNotifierOfTheDAGWrites() async throws {
        let (end, message) = try await mail(.dag(isFailure: true, reason: "task_failure", task: Self.task))
        #expect(end == .done)
        #expect(message?["from"] == "<pipeline@example.org>" && message?["to"] == ["<ops@example.org>"])
        #expect(message?["subject"] == "mails failed")
        #expect(message?["body"]?.stringValue?.hasPrefix("manual__1: task_failure") == true)
    }

    @Test func aServerThatIsNotThereIsAFailure() async throws {
        let bench = try CallbackBench(dagID: "mails", file: "mails.py")
        var connection = Connection(id: "smtp_default", type: "smtp")
        (connection.host, connection.port) = ("127.0.0.1", 1)
        connection.extra = #"{"disable_ssl": true, "disable_tls": true, "from_email": "a@b.c", "retry_limit": 1}"#
        bench.service.state.withLock { $0.connections = [connection] }
        let end = await bench.runner.run(
            bench.request("mails", .email(Self.task, isRetry: false, message: "killed")))
        guard case .failed(let reason) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(reason.contains("refused"), "\(reason)")
    }
}
