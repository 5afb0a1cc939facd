import Glibc
import PipelineCore
import Testing

@testable import LocalExecutor

/// Real triggers in a real process; `PIPELINE_TEST_PYTHON` names its interpreter.
@Suite(.enabled(if: getenv("PIPELINE_TEST_PYTHON") != nil, "set PIPELINE_TEST_PYTHON to a Python with the Task SDK"))
struct PythonTriggerHostTests {
    private static let standard = "airflow.providers.standard.triggers."

    /// A host for this test alone, ended at its end.
    private func withHost(
        _ change: (inout PythonTriggerHost.Settings) -> Void = { _ in }, _ body: (TriggerBench) async throws -> Void
    ) async throws {
        let bench = try TriggerBench(change)
        do {
            try await body(bench)
        } catch {
            await bench.host.shutdown()
            throw error
        }
        await bench.host.shutdown()
    }

    @Test func triggersOfTheStandardProviderFire() async throws {
        try await withHost { bench in
            let moment = Timestamp(seconds: 1.5)
            // A date that is no text of ISO 8601 with a zone goes to Python.
            let dated = await bench.say(
                Self.standard + "temporal.DateTimeTrigger", ["target_time": "1970-01-01T00:00:01.500000"])
            #expect(dated.outcome == .event(SerdeTime.encoded(moment)))
            let ending = await bench.say(
                Self.standard + "temporal.TimeDeltaTrigger",
                ["__type": "dict", "__var": ["delta": ["__type": "timedelta", "__var": 0.0], "end_from_trigger": true]],
                number: 2)
            #expect(ending == TriggerReport(.taskSucceeded))
            let file = await bench.say(
                Self.standard + "file.FileTrigger", ["filepath": .string(TriggerBench.fixtures), "poke_interval": 0.01],
                number: 3)
            #expect(file.outcome == .event(true))
        }
    }

    @Test func argumentsComeInTheFormsOfTheSDK() async throws {
        try await withHost { bench in
            let moment = SerdeTime.encoded(Timestamp(seconds: 5))
            let echo = await bench.say("Echo", ["at": moment, "plain": [1, "x", .null], "half": 0.5])
            guard case .event(let event) = echo.outcome else {
                Issue.record("\(echo)")
                return
            }
            #expect(event["kinds"] == ["at": "datetime", "plain": "list", "half": "float"])
            #expect(event["arguments"] == ["at": moment, "plain": [1, "x", .null], "half": 0.5])
            let log = try bench.log()
            #expect(log.contains("echoing ['at', 'half', 'plain']"))
        }
    }

    @Test func triggersAskAsTasksDo() async throws {
        try await withHost { bench in
            let answer = await bench.say("Asking", ["asynchronously": true])
            guard case .event(let event) = answer.outcome else {
                Issue.record("\(answer)")
                return
            }
            #expect(event == ["plain text", "correct horse"])
            // What is secret does not reach the log.
            let log = try bench.log()
            #expect(log.contains("the key is ***"))
        }
    }

    @Test(arguments: ["Raising", "Silent", "Unspeakable", "Missing", "no.such.Trigger"])
    func aTriggerThatFailsSaysWhy(_ name: String) async throws {
        try await withHost { bench in
            let report = await bench.say(name)
            guard case .failed(let traceback) = report.outcome else {
                Issue.record("\(report)")
                return
            }
            let words = [
                "Raising": "ValueError: no such file", "Unspeakable": "NotImplementedError", "Silent": "",
                "Missing": "ImportError", "no.such.Trigger": "ModuleNotFoundError",
            ]
            #expect((traceback ?? []).joined().contains(words[name] ?? "-") || (name == "Silent" && traceback == nil))
            // One that fails takes no other with it.
            let other = await bench.say("Ending", ["state": "success"], number: 2)
            #expect(other.outcome == .taskSucceeded)
        }
    }

    @Test(arguments: [("success", TriggerOutcome.taskSucceeded), ("failed", .taskFailed), ("skipped", .taskSkipped)])
    func aTriggerMayEndItsTask(_ state: String, _ outcome: TriggerOutcome) async throws {
        try await withHost { bench in
            let report = await bench.say("Ending", ["state": .string(state)])
            #expect(report == TriggerReport(outcome, xcoms: ["return_value": [1, "two"]]))
        }
    }

    @Test func aCrashBeginsAllTriggersAgain() async throws {
        try await withHost { bench in
            let other = bench.folder + "/other"
            bench.host.run(bench.trigger("Endless", ["file": .string(other)], number: 7)) { _ in
                Issue.record("an endless trigger ended")
            }
            let report = await bench.say("ForFile", ["died": .string(bench.folder + "/died")])
            #expect(report.outcome == .event("survived"))
            #expect(bench.notes.all.contains("the trigger host ended with code 3; 2 triggers begin again in 0.01 s"))
            await bench.host.shutdown()
            // It began twice, and was not told that somebody had acted on its task.
            let lines = try String(contentsOf: other).split(separator: "\n")
            #expect(lines.filter { $0 == "began" }.count == 2 && !lines.contains("killed") && lines.last == "cleaned")
        }
    }

    @Test func aTriggerThatBlocksTheOthersIsNoticed() async throws {
        try await withHost { bench in
            let report = await bench.say("Blocking")
            guard case .event(let event) = report.outcome else {
                Issue.record("\(report)")
                return
            }
            #expect(SerdeTime.instant(event) == Timestamp(iso8601: "2026-01-02T00:00:00Z"))
            _ = await bench.say("Echo", [:], number: 2)
            #expect(bench.notes.all.contains { $0.contains("async thread was blocked") })
        }
    }

    /// The payloads of a watcher, as many as are wanted.
    private func watch(_ bench: TriggerBench, _ name: String, count: Int) async -> [JSONValue] {
        let (events, said) = AsyncStream.makeStream(of: JSONValue.self)
        let trigger = EventTrigger(
            triggerClass: "waiting_triggers." + name, kwargs: ["file": .string(bench.folder + "/" + name)],
            assets: [AssetKey(name: "a", uri: "s3://lake/a")])
        bench.host.watch(trigger) { said.yield($0) }
        bench.host.watch(trigger) { _ in Issue.record("a trigger that is known was taken again") }
        var found: [JSONValue] = []
        for await event in events {
            found.append(event)
            if found.count == count { break }
        }
        bench.host.unwatch(trigger.id)
        return found
    }

    @Test func aWatcherSaysManyThingsAndBeginsAgainWhenItEnds() async throws {
        try await withHost({ $0.watcherRest = .milliseconds(1) }) { bench in
            let said = await watch(bench, "Counting", count: 4)
            #expect(said == [(1, 1), (1, 2), (2, 1), (2, 2)].map { ["begun": .int($0), "number": .int($1)] })
            // Others are not held up by it.
            let other = await bench.say("Ending", ["state": "success"], number: 2)
            #expect(other.outcome == .taskSucceeded)
        }
    }

    @Test func aWatcherThatFailsBeginsAgain() async throws {
        try await withHost({ $0.watcherRest = .milliseconds(1) }) { bench in
            let said = await watch(bench, "FailingOnce", count: 1)
            #expect(said == ["there"])
            #expect(bench.notes.all.contains { $0.contains("a watcher failed and begins again: OSError: not there yet") })
        }
    }

    @Test func whatIsStoppedIsToldSo() async throws {
        try await withHost { bench in
            let file = bench.folder + "/killed"
            let endless = bench.trigger("Endless", ["file": .string(file)])
            bench.host.run(endless) { _ in Issue.record("an endless trigger ended") }
            _ = await bench.say("Echo", [:], number: 2)  // It is begun after the first.
            bench.host.stop(endless.launch)
            await bench.host.shutdown()
            let lines = try String(contentsOf: file)
            #expect(lines == "began\nkilled\ncleaned\n")
        }
    }

    @Test func oneMoreThanTheCapacityWaitsForARoom() async throws {
        try await withHost({ $0.capacity = 1 }) { bench in
            let endless = bench.trigger("Endless", ["file": .string(bench.folder + "/endless")])
            bench.host.run(endless) { _ in Issue.record("an endless trigger ended") }
            async let waiting = bench.say("Echo", ["a": 1], number: 2)
            bench.host.stop(endless.launch)
            guard case .event = await waiting.outcome else {
                Issue.record("no event")
                return
            }
        }
    }
}

extension String {
    fileprivate init(contentsOf path: String) throws {
        let bytes = try FileTaskLogStore(folder: "").read(path, offset: 0, maximumBytes: 1 << 16)
        self = String(decoding: bytes ?? [], as: UTF8.self)
    }
}
