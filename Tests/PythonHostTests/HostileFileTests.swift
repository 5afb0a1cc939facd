import Glibc
import PipelineCore
import PythonHost
import Testing

/// Whatever a file does, it is answered with an import error that names file and line, and nothing else is harmed.
@Suite(.needsPython)
struct HostileFileTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var file: String
        var line: Int
        var message: String
        var dags: [String] = []
        /// Where the limit is the point of the case.
        var limit: Duration?
        var testDescription: String { file }
    }

    static let cases = [
        Case(file: "syntax_error.py", line: 3, message: "SyntaxError: '(' was never closed"),
        Case(file: "import_error.py", line: 3, message: "No module named 'a_module_that_nobody_has'"),
        Case(file: "sys_exit.py", line: 5, message: "SystemExit: 3"),
        Case(file: "hard_exit.py", line: 5, message: "os._exit(0)"),
        Case(file: "segfault.py", line: 5, message: "SIGSEGV"),
        Case(file: "kills_itself.py", line: 1, message: "SIGKILL"),
        Case(file: "recursion.py", line: 4, message: "RecursionError"),
        Case(file: "memory_bomb.py", line: 5, message: "MemoryError"),
        Case(file: "endless_loop.py", line: 3, message: "DagBag import timeout", limit: .seconds(2)),
        Case(file: "stubborn_loop.py", line: 6, message: "still importing after 2.0 s", limit: .seconds(2)),
        Case(file: "cycle.py", line: 3, message: "Cycle detected in Dag: circle"),
        Case(file: "duplicate_dag_id.py", line: 5, message: "'twin' more than once", dags: ["only_child"]),
        Case(file: "not_serializable.py", line: 16, message: "refuses to be serialized", dags: ["beside_opaque"]),
    ]

    @Test(arguments: cases)
    func isAnImportErrorWithItsPlace(_ expected: Case) async throws {
        let answer = try await TestPython.read(expected.file, bundle: TestPython.hostile, limit: expected.limit)
        let error = try #require(answer.errors.first)
        #expect(answer.errors.count == 1)
        #expect(error["file"] == .string(expected.file))
        // A loop is interrupted where it happens to be.
        let slack = expected.file == "stubborn_loop.py" ? 1 : 0
        #expect(abs((error["line"]?.intValue ?? -9) - expected.line) <= slack)
        #expect(error["message"]?.stringValue?.contains(expected.message) == true, "\(error)")
        #expect(error["traceback"]?.stringValue?.contains(expected.file) == true)
        #expect(answer.dagIDs == expected.dags)
    }

    @Test func printingAGigabyteNeitherBlocksNorFillsMemory() async throws {
        let answer = try await TestPython.read("chatterbox.py", bundle: TestPython.hostile)
        #expect(answer.dagIDs == ["chatterbox"])
        #expect(answer["output_size"]?.intValue == 1200 * 65536 * 14)
        #expect(answer["stdout_tail"]?.stringValue?.utf8.count == 65536)
    }

    @Test func processesThatAFileLeavesBehindAreEnded() async throws {
        let answer = try await TestPython.read("leaves_a_child.py", bundle: TestPython.hostile)
        #expect(answer.dagIDs == ["leaves_a_child"])
        let printed = try #require(answer["stdout_tail"]?.stringValue)
        let pid = try #require(Int32(printed.prefix { $0.isNumber }))
        for _ in 0..<1_000_000 where isRunning(pid) { sched_yield() }
        #expect(!isRunning(pid))
    }

    @Test func aFileWithoutDAGsIsSkippedAsAirflowSkipsIt() async throws {
        let answer = try await TestPython.read("no_dag_here.py", bundle: TestPython.hostile)
        #expect(answer["skipped"] == true)
        #expect(answer.dagIDs.isEmpty && answer.errors.isEmpty)
    }

    @Test func anAnswerAboveTheLimitIsAnImportError() async throws {
        let host = TestPython.host { $0.resultLimit = 100 }
        let bundle = TestPython.bundle
        let request = ReadRequest(file: "\(bundle)/team/data_pipeline.py", bundlePath: bundle)
        let answer = try await host.read(request).value()
        #expect(answer.errors.first?["message"]?.stringValue?.contains("more than 100 bytes") == true)
        await host.stop()
    }

    /// Neither gone nor a zombie.
    private func isRunning(_ pid: Int32) -> Bool {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return false }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return false }
        let text = String(decoding: line.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return !text.contains(") Z") && !text.contains(") X")
    }
}
