import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import LocalExecutor

/// `task >> [a, b, join]`, `a >> join`, and a group `g` of `g.x >> g.y` behind the task.
struct BranchOperationTests {
    private let harness = OperatorHarness()
    private static let friday: JSONObject = ["week_day": "Friday", "week_day_numbers": [5]]

    private func run(
        _ operatorClass: String, _ attributes: JSONObject, configure: (inout TaskLaunch) -> Void = { _ in }
    ) async throws -> OperatorHarness.Answer {
        await harness.run(
            try OperatorHarness.launch(operatorClass, attributes, configure: configure) { builder in
                builder.empty("a", after: ["task"])
                builder.empty("b", after: ["task"])
                builder.empty("join", after: ["task", "a"])
            })
    }

    private var skipped: [String] { harness.service.state.withLock { $0.skipped.map(\.taskID) } }

    private func dayOfWeek(_ ifFalse: JSONValue, _ configure: (inout TaskLaunch) -> Void = { _ in }) async throws
        -> OperatorHarness.Answer
    {
        try await run(
            BranchDayOfWeekOperation.operatorClass,
            Self.friday.merging(["follow_task_ids_if_true": "b", "follow_task_ids_if_false": ifFalse]),
            configure: configure)
    }

    @Test func followedBranchKeepsWhatIsBehindIt() async throws {
        let answer = try await dayOfWeek("a")
        #expect(answer.events.prefix(3) == ["Branch into a", "Following branch {'a'}", "Skipping tasks [('b', -1)]"])
        #expect(answer.events.last == "Skipping downstream tasks.")
        #expect(answer.xcoms == ["task/skipmixin_key": ["followed": ["a", "join"]]], "and no return value")
        #expect(skipped == ["b"])
        #expect(answer.outcome == .success())
    }

    @Test func branchThatSkipsNothingReturnsItsChoice() async throws {
        let answer = try await dayOfWeek(["a", "b"])
        #expect(answer.events.contains("Skipping tasks []"))
        #expect(answer.xcoms["task/return_value"] == ["a", "b"])
        #expect(skipped.isEmpty)
    }

    @Test func unknownTaskFailsTheBranch() async throws {
        let answer = try await dayOfWeek("nowhere")
        #expect(
            answer.exception
                == "AirflowException: 'branch_task_ids' must contain only valid task_ids. "
                + "Invalid tasks found: {'nowhere'}."
        )
    }

    @Test func mappedBranchLeavesItsSkipsToTheXCom() async throws {
        let answer = try await dayOfWeek("a") { launch in
            launch.instance.key.mapIndex = 2
        }
        #expect(answer.events.contains("Skipping tasks [('b', 2)]"))
        #expect(skipped.isEmpty)
        #expect(answer.xcoms["task/skipmixin_key"] == ["followed": ["a", "join"]])
    }

    @Test func groupStandsForItsRoots() async throws {
        let launch = try OperatorHarness.launch(
            BranchDayOfWeekOperation.operatorClass,
            Self.friday.merging(["follow_task_ids_if_true": "other", "follow_task_ids_if_false": "g"])
        ) { _ in
        } dag: { builder in
            builder.empty("x", after: ["task"])
            builder.empty("y", after: ["x"])
            builder.empty("other", after: ["task"])
            builder.mappedGroup("g", over: .literal(1), tasks: ["x", "y"])
        }
        let answer = await harness.run(launch)
        #expect(answer.events.contains("Expanding task group g into ['x']"))
        #expect(skipped == ["other"])
    }

    private static func moment(_ seconds: Double) -> JSONValue { ["__type": "datetime", "__var": .double(seconds)] }
    private static func time(_ text: String) -> JSONValue { ["__type": "time", "__var": .string(text)] }

    /// It is 2026-01-01 00:00 UTC.
    @Test(
        arguments: [
            (moment(1_767_225_599), .null, true), (moment(1_767_225_601), .null, false),
            (.null, moment(1_767_225_599), false), (.null, moment(1_767_225_601), true),
            (time("00:00:00"), time("12:00:00"), true), (time("06:00:00"), time("12:00:00"), false),
            // The upper bound is that of the next day, the lower one still that of this day.
            (time("23:00:00"), time("01:00:00"), false), (.null, time("01:00:00+02:00"), false),
            (["__type": "naive_datetime", "__var": "2025-12-31T00:00:00"], .null, true),
        ] as [(JSONValue, JSONValue, Bool)])
    func dateTimeBranchesByItsBounds(lower: JSONValue, upper: JSONValue, isTrue: Bool) async throws {
        let answer = try await run(
            BranchDateTimeOperation.operatorClass,
            [
                "target_lower": lower, "target_upper": upper, "follow_task_ids_if_true": ["a"],
                "follow_task_ids_if_false": ["b"],
            ])
        #expect(answer.events.first == "Branch into ['\(isTrue ? "a" : "b")']")
    }

    @Test func manualRunIsAlwaysTheLatest() async throws {
        let answer = try await run(LatestOnlyOperation.operatorClass, [:])
        #expect(answer.events.first == "Manually triggered DAG_Run: allowing execution to proceed.")
        #expect(answer.xcoms["task/return_value"] == ["a", "b", "join"])
    }

    @Test(arguments: [(0.0, true), (-86_400.0, true), (-2 * 86_400.0, false)])
    func scheduledRunIsTheLatestUntilTheNextOneIsDue(shift: Double, isLatest: Bool) async throws {
        let launch = try OperatorHarness.launch(LatestOnlyOperation.operatorClass, [:]) { launch in
            launch.run.type = .scheduled
            let start = Timestamp(seconds: 1_767_225_600 - 43_200 + shift)
            launch.run.logicalDate = start
            launch.run.dataIntervalStart = start
            launch.run.dataIntervalEnd = start + .seconds(86_400)
        } dag: { builder in
            builder.header.timetable = .deltaDataInterval(delta: .init(days: 1))
            builder.empty("a", after: ["task"])
        }
        let answer = await harness.run(launch)
        #expect(answer.events.first?.hasPrefix("Checking latest only with left_window: 20") == true)
        #expect(answer.events.contains("Latest, allowing execution to proceed.") == isLatest)
        #expect(skipped == (isLatest ? [] : ["a"]))
    }

    @Test func timetableOfTheAuthorsOwnGoesToPython() async throws {
        let launch = try OperatorHarness.launch(LatestOnlyOperation.operatorClass, [:]) { _ in
        } dag: {
            $0.header.timetable = .custom(path: "my.Timetable", arguments: .null)
        }
        #expect(await harness.run(launch).end == nil)
    }
}
