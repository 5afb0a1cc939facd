import Foundation
import Testing

/// Tasks that wait for triggers and for people, with the real Python; `PIPELINE_TEST_PYTHON` names it.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["PIPELINE_TEST_PYTHON"] != nil,
        "set PIPELINE_TEST_PYTHON to a Python with the Task SDK"))
struct WaitingTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/triggers/dags")

    private func program() throws -> BuiltProgram {
        var files: [String: String] = [:]
        for name in ["waiting.py", "own_triggers.py", "release.py"] {
            files[name] = try String(contentsOf: Self.fixtures.appending(path: name), encoding: .utf8)
        }
        return try BuiltProgram(
            dags: files,
            environment: [
                "PIPELINE_PYTHON": ProcessInfo.processInfo.environment["PIPELINE_TEST_PYTHON"] ?? "",
                "AIRFLOW_CONN_FS_DEFAULT": #"{"conn_type": "fs"}"#, "PIPELINE_READ_TIMEOUT_SECONDS": "600",
            ])
    }

    private func run(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func states(_ run: [String: Any]) throws -> [String: String] {
        let tasks = try #require(run["task_instances"] as? [[String: Any]])
        return Dictionary(tasks.compactMap { task in
            (task["task_id"] as? String).map { ($0, task["state"] as? String ?? "none") }
        }) { first, _ in first }
    }

    @Test func everyWayOfWaitingEnds() throws {
        let program = try program()
        let result = try program.run("run", "waiting", "--run-id", "r", "--with-xcoms", "-o", "json")
        #expect(result.status == 0, "\(result.errors)")
        let run = try run(result.output)
        let states = try states(run)
        #expect(states.values.allSatisfy { $0 == "success" }, "\(states)")
        let xcoms = try #require(run["xcoms"] as? [[String: Any]])
        #expect(xcoms.first { $0["task_id"] as? String == "twice" }?["value"] as? Int == 3)
        for task in ["date", "twice", "begins", "renders"] { #expect(result.errors.contains("deferred         \(task)")) }
        // What the trigger says stands between what the task says before and after.
        let log = try program.run("tasks", "logs", "waiting", "r", "twice").output
        let lines = log.split(separator: "\n").filter { $0.contains("Pausing task") || $0.contains("echo of") }
        #expect(lines.map { $0.contains("echo of") } == [false, true, false, true], "\(log)")
    }

    @Test func aTriggerThatFailsFailsItsTask() throws {
        let program = try program()
        let result = try program.run("run", "broken", "--run-id", "r", "-o", "json")
        #expect(result.status == 1)
        let task = try #require((try run(result.output)["task_instances"] as? [[String: Any]])?.first)
        #expect(task["state"] as? String == "failed")
        #expect((task["reason"] as? String)?.contains("Trigger failure") == true)
        let log = try program.run("tasks", "logs", "broken", "r", "broken").output
        #expect(log.contains("ValueError: nothing to wait for"))
    }

    @Test func peopleAnswerARunningRun() throws {
        let program = try program()
        let running = try program.start(["run", "release", "--run-id", "r", "-o", "json", "--with-xcoms"])
        for task in ["approve", "refuse", "branch", "entry", "late"] {
            #expect(try running.waitForErrors(containing: "awaiting_input   \(task)"))
        }
        let questions = try program.run("hitl", "list", "release", "-o", "json").output
        #expect(questions.contains("Ship it?") && questions.contains("How long?"))
        func respond(_ task: String, _ further: String...) throws -> BuiltProgram.Result {
            try program.run(["hitl", "respond", "release", "r", task] + further)
        }
        let wrong = try respond("approve", "--option", "Perhaps")
        #expect(wrong.status == 64 && wrong.errors.contains("'Perhaps' is no option"))
        #expect(try respond("entry", "--option", "OK", "--params", #"{"epochs": 0}"#).status == 64)
        #expect(try respond("approve", "--option", "Approve").status == 0)
        #expect(try respond("approve", "--option", "Reject").status == 1)
        #expect(try respond("refuse", "--option", "Reject").status == 0)
        #expect(try respond("branch", "--option", "right").status == 0)
        #expect(try respond("entry", "--option", "OK", "--params", #"{"epochs": 30}"#).status == 0)
        let result = try running.wait()
        #expect(result.status == 0, "\(result.errors)")
        let ended = try run(result.output)
        let states = try states(ended)
        #expect(states["ship"] == "success" && states["burn"] == "skipped")
        #expect(states["left"] == "skipped" && states["right"] == "success" && states["late"] == "success")
        #expect(result.output.contains(#""epochs": 30"#) || result.output.contains(#""epochs":30"#))
        let answers = try program.run("hitl", "list", "release", "--all", "-o", "json").output
        #expect(answers.contains("responded_by_user"))
    }

    @Test func whatNobodyAnswersInTimeFails() throws {
        let program = try program()
        let result = try program.run("run", "nobody", "-o", "json")
        #expect(result.status == 1)
        #expect(result.output.contains("HITLTimeoutError"), "\(result.output)")
    }
}
