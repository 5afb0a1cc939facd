import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import LocalExecutor

/// All clocks begin on 2026-01-01 00:00 UTC, a Thursday, the logical date of the run.
struct SensorOperationTests {
    private let harness = OperatorHarness()

    private func timeSensor(_ attributes: JSONObject = [:], target: JSONValue = "2026-01-01T00:05:00+00:00")
        -> JSONObject
    {
        let all: JSONObject = [
            "target_time": target, "poke_interval": 60.0, "timeout": 604_800.0, "mode": "poke", "do_xcom_push": true,
        ]
        return all.merging(attributes)
    }

    private func run(
        _ attributes: JSONObject, configure: (inout TaskLaunch) -> Void = { _ in }
    ) async throws -> OperatorHarness.Answer {
        await harness.run(
            try OperatorHarness.launch(
                DateTimeSensorOperation.operatorClass, attributes, fields: ["target_time"], configure: configure))
    }

    @Test func pokingSensorWaitsOnTheClockUntilItsTimeHasCome() async throws {
        let answer = try await run(timeSensor())
        #expect(answer.outcome == .success())
        #expect(harness.clock.sleeps == Array(repeating: .seconds(60), count: 6))
        #expect(answer.events.first == "Checking if the time (2026-01-01T00:05:00+00:00) has come")
        #expect(answer.events.last == "Success criteria met. Exiting.")
        #expect(answer.xcoms.isEmpty)
        #expect(harness.service.state.withLock { $0.started.map(\.pid) } == [nil], "no process waits")
    }

    @Test func templatesAndDatetimesAreTargetsToo() async throws {
        let rendered = try await run(timeSensor(target: "{{ logical_date.add(minutes=1) }}"))
        #expect(rendered.events.first == "Checking if the time (2026-01-01 00:01:00+00:00) has come")
        let moment: JSONValue = ["__type": "datetime", "__var": 1_767_225_600.5]
        #expect(
            try await run(timeSensor(target: moment)).events.contains(
                "Checking if the time (2026-01-01 00:00:00.500000+00:00) has come"))
    }

    @Test func formThatOnlyPythonReadsGoesToPython() async throws {
        #expect(try await run(timeSensor(target: "1st of May")).end == nil)
        #expect(try await run(timeSensor(target: "{{ 'tomorrow' }}")).end == nil)
    }

    @Test func rescheduledSensorEndsAndComesBack() async throws {
        let answer = try await run(timeSensor(["mode": "reschedule"]))
        #expect(answer.outcome == .upForReschedule(at: Timestamp(seconds: 1_767_225_660)))
        #expect(answer.events.last == "Rescheduling task, marking task as UP_FOR_RESCHEDULE")
    }

    @Test func timeoutOfARescheduledSensorCountsFromItsFirstPoke() async throws {
        harness.service.state.withLock { $0.firstReschedule = Timestamp(seconds: 1_767_225_590) }
        let answer = try await run(timeSensor(["mode": "reschedule", "timeout": 9.0])) { $0.shouldRetry = true }
        let text = "Sensor has timed out; run duration of 10.0 seconds exceeds the specified timeout of 9.0."
        #expect(answer.outcome == .failed(reason: text), "never retried")
        #expect(answer.exception == "AirflowSensorTimeout: \(text)")
    }

    @Test func timeoutOfAPokingSensorCountsFromItsLaunch() async throws {
        let answer = try await run(timeSensor(["timeout": 100.0]))
        #expect(harness.clock.sleeps.count == 2)
        #expect(answer.exception?.contains("run duration of 120.0 seconds exceeds") == true)
    }

    @Test func softFailSkipsOnTimeout() async throws {
        let answer = try await run(timeSensor(["timeout": 1.0, "soft_fail": true]))
        #expect(
            answer.outcome
                == .skipped(
                    reason: "Sensor has timed out; run duration of 60.0 seconds exceeds the specified timeout of 1.0."))
    }

    @Test func executionTimeoutEndsAWaitingSensor() async throws {
        let harness = OperatorHarness(clock: TestClock())
        let launch = try OperatorHarness.launch(
            DateTimeSensorOperation.operatorClass, timeSensor(), fields: ["target_time"]
        ) { $0.task.executionTimeout = .seconds(10) }
        async let running = harness.run(launch)
        await harness.clock.waitForSleepers(2)
        harness.clock.advance(by: .seconds(10))
        let answer = await running
        #expect(answer.events.contains("Process timed out"))
        #expect(answer.exception?.hasPrefix("AirflowTaskTimeout: Timeout, PID: ") == true)
        guard case .failedMayRetry? = answer.outcome else {
            Issue.record("\(String(describing: answer.end))")
            return
        }
    }

    @Test func waitingSensorEndsWhenItIsTerminated() async throws {
        let harness = OperatorHarness(clock: TestClock())
        let control = LaunchControl(grace: .seconds(5), clock: harness.clock)
        let launch = try OperatorHarness.launch(
            DateTimeSensorOperation.operatorClass, timeSensor(), fields: ["target_time"])
        async let running = harness.run(launch, control: control)
        await harness.clock.waitForSleepers()
        control.terminate(.runCancelled)
        let answer = await running
        #expect(answer.outcome == .failed(reason: "ended: run_cancelled"))
    }

    /// Expected intervals: the same seeds through Python's `_get_next_poke_interval`.
    @Test func backoffGrowsWithAirflowsJitter() throws {
        var settings = try SensorSettings(
            NativeAttributes(operatorClass: "", values: ["poke_interval": 10.0, "exponential_backoff": true]))
        let backoff = SensorBackoff(settings: settings, seed: "dag#task#2026-01-01 00:00:00+00:00")
        #expect((1...6).map { backoff.wait(elapsed: 0, pokeCount: $0).text } == Self.pythonIntervals)
        settings.maximumWait = 15
        let bounded = SensorBackoff(settings: settings, seed: backoff.seed)
        #expect(bounded.wait(elapsed: 0, pokeCount: 6).text == "15.0")
        settings.timeout = 12
        #expect(SensorBackoff(settings: settings, seed: backoff.seed).wait(elapsed: 5.5, pokeCount: 6).text == "7.0")
        #expect(backoff.wait(elapsed: 604_799, pokeCount: 5_000).text == "1.0", "no overflow")
    }

    static let pythonIntervals = ["7", "15", "36", "78", "159", "316"]

    @Test func timeDeltaCountsFromTheDataInterval() async throws {
        let attributes: JSONObject = [
            "delta": ["__type": "timedelta", "__var": 93_784.5], "poke_interval": 86_400.0, "deferrable": false,
        ]
        let answer = await harness.run(
            try OperatorHarness.launch(TimeDeltaSensorOperation.operatorClass, attributes, fields: ["delta"]))
        #expect(
            answer.events.first
                == "Checking if the delta has elapsed base_time=2026-01-01 00:00:00+00:00, delta=1 day, 2:03:04.500000")
        #expect(harness.clock.sleeps.count == 2)
    }

    @Test func timeDeltaWithoutALogicalDateCountsFromRunAfterAndReadsMinutes() async throws {
        let launch = try OperatorHarness.launch(
            TimeDeltaSensorOperation.operatorClass, ["delta": "{{ 1 + 1 }}"], fields: ["delta"]
        ) { launch in
            launch.run.logicalDate = nil
            launch.run.runAfter = Timestamp(seconds: 1_767_225_000)
        }
        let answer = await harness.run(launch)
        #expect(
            answer.events.first
                == "Checking if the delta has elapsed base_time=2025-12-31 23:50:00+00:00, delta=0:02:00")
        #expect(answer.outcome == .success())
    }

    @Test(arguments: [TimeDeltaSensorOperation.operatorClass, TimeSensorOperation.operatorClass])
    func deferrableSensorGoesToPython(name: String) async throws {
        let launch = try OperatorHarness.launch(name, ["deferrable": true, "delta": 1])
        #expect(await harness.run(launch).end == nil)
    }

    @Test func timeOfDayIsThatOfTheDAGsZoneToday() async throws {
        let attributes: JSONObject = ["target_time": ["__type": "time", "__var": "00:10:00"], "poke_interval": 600.0]
        let answer = await harness.run(try OperatorHarness.launch(TimeSensorOperation.operatorClass, attributes))
        #expect(answer.events.first == "Checking if the time (2026-01-01 00:10:00+00:00) has come")
        #expect(harness.clock.sleeps.count == 2)
    }

    @Test(
        arguments: [
            (["week_day": "Thursday", "week_day_numbers": [4]], "Thursday", 0),
            (["week_day": ["Friday", "Saturday"], "week_day_numbers": [5, 6]], "{'Friday', 'Saturday'}", 1),
            (["week_day": [6], "week_day_numbers": [6]], "{<WeekDay.SATURDAY: 6>}", 2),
            (["week_day": "saturday"], "saturday", 2),
        ] as [(JSONObject, String, Int)])
    func dayOfWeekIsThatOfTheClock(attributes: JSONObject, text: String, waits: Int) async throws {
        let all = attributes.merging(["poke_interval": 86_400.0])
        let answer = await harness.run(try OperatorHarness.launch(DayOfWeekSensorOperation.operatorClass, all))
        #expect(answer.events.first == "Poking until weekday is in \(text), Today is THURSDAY")
        #expect(harness.clock.sleeps.count == waits)
    }

    @Test func dayOfWeekMayBeThatOfTheLogicalDate() async throws {
        let attributes: JSONObject = [
            "week_day": "Friday", "week_day_numbers": [5], "use_task_logical_date": true, "timeout": 0,
        ]
        let answer = await harness.run(try OperatorHarness.launch(DayOfWeekSensorOperation.operatorClass, attributes))
        #expect(answer.exception?.hasPrefix("AirflowSensorTimeout") == true)
    }

    @Test func bashSensorLooksUntilItsCommandSucceeds() async throws {
        let file = harness.folder + "/count"
        let launch = try OperatorHarness.launch(
            BashSensorOperation.operatorClass,
            ["bash_command": .string("echo x >> \(file); [ $(wc -l < \(file)) -ge 3 ]"), "poke_interval": 5])
        let answer = await harness.run(launch)
        #expect(answer.outcome == .success())
        #expect(harness.clock.sleeps == [.seconds(5), .seconds(5)])
        #expect(answer.events.contains("Non-zero return code and no retry code set, will retry later"))
        #expect(answer.events.contains { $0.hasPrefix("Temporary script location: /tmp/airflowtmp") })
    }

    @Test func bashSensorFailsForGoodOnAnotherCode() async throws {
        let launch = try OperatorHarness.launch(
            BashSensorOperation.operatorClass, ["bash_command": "exit 5", "retry_exit_code": 4])
        let answer = await harness.run(launch)
        #expect(answer.outcome == .failed(reason: "Command exited with return code 5"))
        #expect(answer.exception == "AirflowFailException: Command exited with return code 5")
    }

    @Test func neverFailSkipsAndSilentFailGoesOn() async throws {
        let broken: JSONObject = ["bash_command": "true", "env": ["A": 1]]
        let never = await harness.run(
            try OperatorHarness.launch(BashSensorOperation.operatorClass, broken.merging(["never_fail": true])))
        #expect(never.outcome == .skipped(reason: "Skipping due to never_fail is set to True."))
        let silent = await harness.run(
            try OperatorHarness.launch(
                BashSensorOperation.operatorClass, broken.merging(["silent_fail": true, "timeout": 100])))
        #expect(silent.events.contains { $0.hasPrefix("Sensor poke failed: ") })
        #expect(silent.exception?.hasPrefix("AirflowSensorTimeout") == true)
        let plain = await harness.run(try OperatorHarness.launch(BashSensorOperation.operatorClass, broken))
        #expect(plain.exception == "TypeError: expected str, bytes or os.PathLike object, not int")
    }
}
