import ChildProcesses
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProcessCommandRunnerTests {
    private let shell = "/bin/sh"

    @Test func aProgramIsRunWithItsEnvironmentAndBothOutputsApart() async throws {
        let runner = ProcessCommandRunner(environment: ["KEPT": "k", "TOKEN": "old"])
        let script = "echo \"$1 $TOKEN $KEPT\"; echo trouble >&2; read line || echo no input; exit 3"
        let result = try await runner.run(shell, ["-c", script, "name", "a"], environment: ["TOKEN": "new"])
        #expect(String(decoding: result.output, as: UTF8.self) == "a new k\nno input\n")
        #expect(result.exitCode == 3 && result.errorOutput == "trouble\n")
    }

    @Test func aProgramThatIsMissingIsNotStarted() async throws {
        let error = await #expect(throws: CommandError.self) {
            try await ProcessCommandRunner(environment: [:]).run("/no/such/program", [], environment: [:])
        }
        #expect(error?.code == .notFound && error?.program == "/no/such/program")
    }

    @Test func aProgramThatDoesNotEndIsEnded() async throws {
        let runner = ProcessCommandRunner(environment: [:], timeout: .milliseconds(50))
        let error = await #expect(throws: CommandError.self) {
            try await runner.run("sleep", ["600"], environment: ["PATH": "/usr/bin:/bin"])
        }
        #expect(error?.code == .overdue)
    }

    @Test func moreOutputThanIsKeptIsAnError() async throws {
        let runner = ProcessCommandRunner(environment: ["PATH": "/usr/bin:/bin"])
        for target in ["1", "2"] {
            let error = await #expect(throws: CommandError.self) {
                try await runner.run(shell, ["-c", "head -c 1100000 /dev/zero >&\(target)"], environment: [:])
            }
            #expect(error?.code == .tooMuchOutput)
        }
    }

    @Test func aSignalIsAnExitCodeAbove128() async throws {
        let result = try await ProcessCommandRunner(environment: [:])
            .run(shell, ["-c", "kill -9 $$"], environment: [:])
        #expect(result.exitCode == 137)
    }

    @Test func outputIsStreamedInOrderWhileTheProgramRuns() async throws {
        let seen = Mutex<[UInt8]>([])
        let runner = ProcessCommandRunner(environment: [:])
        let result = try await runner.stream(shell, ["-c", "echo a; echo b >&2; echo c; exit 4"], environment: [:]) { bytes in
            seen.withLock { $0 += bytes }
        }
        #expect(result == CommandResult(exitCode: 4, output: [], errorOutput: "b\n"))
        #expect(String(decoding: seen.withLock { $0 }, as: UTF8.self) == "a\nc\n")
    }

    @Test func aCancelledTaskEndsTheProgram() async throws {
        let (started, starting) = AsyncStream<Void>.makeStream()
        let runner = ProcessCommandRunner(environment: ["PATH": "/usr/bin:/bin"])
        let task = Task {
            try await runner.stream(shell, ["-c", "echo ready; exec sleep 600"], environment: [:]) { _ in starting.yield() }
        }
        for await _ in started { break }
        task.cancel()
        #expect(try await task.value.exitCode == 143)
    }
}
