import PipelineCore
import Testing

@testable import PythonHost

struct ReadAnswerTests {
    let request = ReadRequest(file: "/dags/team/a.py", bundlePath: "/dags")
    let configuration = PythonConfiguration(python: "python3", cacheDirectory: "/c", environment: [:], maximumReads: 1)

    private func answer(_ event: JSONValue, result: [UInt8]? = []) throws -> JSONValue {
        try ReadAnswer.make(
            request: request, configuration: configuration, report: ExitReport(event), result: result
        ).value()
    }

    @Test func aCrashIsPlacedByTheLatestFrameOfTheFile() throws {
        let trace = "Fatal Python error\n  File \"/x.py\", line 1 in f\n  File \"/dags/team/a.py\", line 7 in g\n"
            + "  File \"/dags/team/a.py\", line 9 in <module>\n"
        let error = try answer(["status": 11, "trace": .string(trace)])["import_errors"]?[0]
        #expect(error?["file"] == "team/a.py")
        #expect(error?["line"] == 7)
        #expect(error?["message"]?.stringValue?.contains("signal 11 (SIGSEGV") == true)
    }

    @Test func anExitIsPlacedByTheLastFrameOfTheFile() throws {
        let trace = "os._exit(5)\n  File \"/dags/team/a.py\", line 2, in <module>\n  File \"/dags/team/a.py\", line 4, in f\n"
        let error = try answer(["status": 1280, "trace": .string(trace)])["import_errors"]?[0]
        #expect(error?["line"] == 4)
        #expect(error?["message"] == "the file ended the process with os._exit(5) while it was imported")
    }

    @Test func whatTheChildWroteIsTheAnswer() throws {
        let result = try answer(["status": 0, "output": "hi", "output_size": 2], result: Array(#"{"dags":[1]}"#.utf8))
        #expect(result == ["dags": [1], "stdout_tail": "hi", "output_size": 2])
    }

    @Test func halfAnAnswerIsAnImportError() throws {
        let error = try answer(["status": 9, "reason": "time"], result: Array(#"{"dags":[1"#.utf8))["import_errors"]?[0]
        #expect(error?["message"] == "the file was still importing after 30.0 s and was killed")
        #expect(error?["line"] == 1)
    }
}
