import Glibc
import PipelineCore
import PythonHost
import Testing

@testable import LocalExecutor

/// The lines are those that Airflow 3.3.2's own supervisor wrote for the same input.
struct SupervisorLogTests {
    struct FixedClock: WallClock {
        func now() -> Timestamp { Timestamp(microseconds: 1_700_000_000_000_001) }
    }

    private func written(maximumBytes: Int = 1 << 20, _ body: (SupervisorLog) -> Void) throws -> [String] {
        let path = "/tmp/pipeline-supervisor-log-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        defer { unlink(path) }
        body(SupervisorLog(descriptor: dup(descriptor), wallClock: FixedClock(), maximumBytes: maximumBytes))
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        close(descriptor)
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func runnerLinesKeepTheirFieldsInAirflowsOrder() throws {
        let lines = try written { log in
            log.relay(
                Array(
                    #"{"event":"Hello %s","timestamp":"2026-11-23T18:46:48.320626Z","level":"info","foo":[1,{"a":2}],"logger":"task"}"#
                        .utf8)[...])
            log.relay(
                Array(
                    #"{"timestamp":"2026-11-23T18:46:48.320626Z","level":"error","event":"boom","exception":[{"exc_type":"ValueError","exc_value":"x"}],"logger":"task"}"#
                        .utf8)[...])
            log.relay(Array(#"{"level":"nope","event":"dropped","logger":"task"}"#.utf8)[...])
            #expect(log.lastError == "ValueError: x")
        }
        #expect(
            lines == [
                #"{"timestamp":"2026-11-23T18:46:48.320626Z","level":"info","event":"Hello %s","foo":[1,{"a":2}],"logger":"task"}"#,
                #"{"timestamp":"2026-11-23T18:46:48.320626Z","level":"error","event":"boom","logger":"task","error_detail":[{"exc_type":"ValueError","exc_value":"x"}]}"#,
            ])
    }

    @Test func printedLinesLoseOnlyTrailingWhiteSpace() throws {
        let lines = try written { log in
            log.forward(Array("  some out \t\r\n".utf8)[...], level: "info", logger: "task.stdout")
            log.write("warning", "Process exited abnormally", ["exit_code": 3])
        }
        #expect(
            lines == [
                #"{"timestamp":"2023-11-14T22:13:20.000001Z","level":"info","event":"  some out","logger":"task.stdout"}"#,
                #"{"timestamp":"2023-11-14T22:13:20.000001Z","level":"warning","event":"Process exited abnormally","exit_code":3,"logger":"task"}"#,
            ])
    }

    @Test func secretsAreMasked() throws {
        let lines = try written { log in
            log.mask("hunter2secret")
            log.relay(Array(#"{"level":"info","event":"pw hunter2secret","password":"x","logger":"task"}"#.utf8)[...])
        }
        #expect(
            lines == [
                #"{"timestamp":"2023-11-14T22:13:20.000001Z","level":"info","event":"pw ***","password":"***","logger":"task"}"#
            ])
    }

    @Test func theLogIsBounded() throws {
        let lines = try written(maximumBytes: 400) { log in
            for _ in 0..<100 { log.write("info", String(repeating: "x", count: 50)) }
        }
        #expect(lines.count < 6)
        #expect(lines.last?.contains("reached its bound of 400 bytes") == true)
    }
}
