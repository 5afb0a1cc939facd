import PipelineCore
import Testing

@testable import DAGParsing

struct YAMLDAGParserTests {
    private func dag(_ text: String) throws -> DAG {
        try #require(try TestYAML.parser.parse(text, file: "team/dag.yaml").first).decode()
    }

    private func dags(_ text: String) throws -> [DAG] {
        try TestYAML.parser.parse(text, file: "dag.yaml").map { (document) throws in try document.decode() }
    }

    @Test func aFileHoldsOneDAGOrSeveral() throws {
        #expect(try dags("").isEmpty)
        let one = try dag("dag_id: solo\ntasks: {t: {operator: EmptyOperator}}")
        #expect(one.id == "solo" && one.header.relativeFileLocation == "team/dag.yaml")
        #expect(one.header.fileLocation == "/dags/team/dag.yaml" && one.tasks.map(\.id) == ["t"])
        let several = try dags("x-base: &base {catchup: true}\na: {<<: *base, tasks: {}}\nb: {tasks: {}}")
        #expect(several.map(\.id) == ["a", "b"])
        #expect(several.map(\.header.catchup) == [true, false])
    }

    @Test func theDefaultBlockStandsBehindEachDAGAndGroupDefaultsBeforeIt() throws {
        let dag = try dag(
            """
            default:
              max_active_runs: 2
              default_args: {owner: all, retries: 1, queue: base, bash_command: 'echo default '}
            d:
              default_args: {retries: 2}
              task_groups: {g: {default_args: {queue: inner}}}
              tasks:
                a: {operator: BashOperator}
                b: {operator: BashOperator, task_group_name: g, retries: 3, owner: me}
                c: {operator: EmptyOperator}
            """)
        #expect(dag.header.maxActiveRuns == 2 && dag.header.owners == ["all", "me"])
        #expect(dag["a"]?.retry.retries == 2 && dag["a"]?.queue == "base")
        #expect(dag["a"]?.native?.attributes["bash_command"] == "echo default ")
        #expect(dag["g.b"]?.retry.retries == 3 && dag["g.b"]?.queue == "inner" && dag["g.b"]?.owner == "me")
        #expect(dag["c"]?.isEmpty == true && dag["c"]?.retry.retries == 2)
    }

    private static let schedules: [(String, TimetableDefinition)] = [
        ("null", .null), ("none", .null), ("'@once'", .once),
        ("'@weekly'", .cronTrigger(expression: "0 0 * * 0", timezone: "UTC", interval: .zero, runImmediately: .never)),
        ("5 4 * * *", .cronTrigger(expression: "5 4 * * *", timezone: "UTC", interval: .zero, runImmediately: .never)),
        (
            "{cron: 5 4 * * *, timezone: Asia/Tokyo}",
            .cronTrigger(expression: "5 4 * * *", timezone: "Asia/Tokyo", interval: .zero, runImmediately: .never)
        ),
        ("10 minutes", .deltaTrigger(delta: .init(duration: .seconds(600)), interval: .init())),
        ("{days: 1, hours: 2}", .deltaTrigger(delta: .init(duration: .seconds(93_600)), interval: .init())),
        ("PT90S", .deltaTrigger(delta: .init(duration: .seconds(90)), interval: .init())),
        (
            "[s3://x]",
            .assetTriggered(condition: [
                "__type": "asset_all",
                "objects": [
                    ["__type": "asset", "name": "s3://x", "uri": "s3://x", "group": "asset", "extra": [:]]
                ],
            ])
        ),
    ]

    @Test(arguments: schedules)
    func readsSchedules(text: String, expected: TimetableDefinition) throws {
        #expect(try dag("d: {schedule: \(text), tasks: {}}").header.timetable == expected)
    }

    private static let dates: [(String, String)] = [
        ("2026-01-31", "2026-01-30T23:00:00Z"), ("2026-01-31 12:30:00", "2026-01-31T11:30:00Z"),
        ("'2026-01-31T12:30:00Z'", "2026-01-31T12:30:00Z"), ("2026-01-31T12:30:00+02:00", "2026-01-31T10:30:00Z"),
        ("2 days", "2026-02-26T23:00:00Z"),
    ]

    @Test(arguments: dates)
    func readsDatesInTheZoneOfTheDAG(text: String, expected: String) throws {
        let dag = try dag("d: {start_date: \(text), timezone: Europe/Paris, tasks: {}}")
        #expect(dag.header.startDate?.apiFormat == expected)
        #expect(dag.header.timezone == "Europe/Paris")
    }

    @Test func paramsArePlainDefaultsOrSchemas() throws {
        let params = try dag(
            """
            d:
              tasks: {}
              params:
                plain: [1, 2]
                object: {a: 1}
                needed: {type: string, description: say it}
                choice: {enum: [a, b], default: a}
                nothing: {type: [string, 'null'], default: null}
            """
        ).header.params
        #expect(params.map(\.name) == ["plain", "object", "needed", "choice", "nothing"])
        #expect(params[0].value == [1, 2] && params[1].value == ["a": 1])
        #expect(params[2].value == nil && params[2].description == "say it" && params[2].schema == ["type": "string"])
        #expect(params[3].schema == ["enum": ["a", "b"]])
        #expect(params[4].value == .null)
    }

    @Test func resourcesBecomeRequestsAndLimits() throws {
        let dag = try dag(
            """
            d:
              tasks:
                train: {image: i, resources: {cpu: 2, memory: 8Gi, gpu: 1}}
                infer: {image: i, resources: {gpu_profile: 1g.10gb, memory: 512Mi}}
            """)
        func resources(_ id: String) -> JSONValue? {
            dag[id]?.native?.attributes["pod"]?["spec"]?["containers"]?[0]?["resources"]
        }
        #expect(
            resources("train") == [
                "requests": ["cpu": "2", "memory": "8Gi", "nvidia.com/gpu": "1"],
                "limits": ["memory": "8Gi", "nvidia.com/gpu": "1"],
            ])
        #expect(resources("infer")?["limits"] == ["memory": "512Mi", "nvidia.com/mig-1g.10gb": "1"])
    }

    @Test func groupsStandForTheirEndsInDependencies() throws {
        let dag = try dag(
            """
            d:
              task_groups: {g: {dependencies: [first]}, h: {dependencies: [g]}}
              tasks:
                first: {operator: EmptyOperator}
                a: {operator: EmptyOperator, task_group_name: g}
                b: {operator: EmptyOperator, task_group_name: g, dependencies: [a]}
                c: {operator: EmptyOperator, task_group_name: h}
                last: {operator: EmptyOperator, dependencies: [h.c, g]}
            """)
        #expect(dag["g.a"]?.upstream == ["first"])
        #expect(dag["h.c"]?.upstream == ["g.b"])
        #expect(dag["last"]?.upstream == ["g.b", "h.c"])
    }

    @Test func relativeStartDatesCountFromTheStartOfTheDay() throws {
        let parser = YAMLDAGParser(folder: "/d", now: Timestamp(microseconds: 0) + .seconds(90_000)) { _ in .utc }
        let documents = try parser.parse("d: {start_date: 1 day, tasks: {}}", file: "dag.yaml")
        #expect(try documents[0].decode().header.startDate == Timestamp(microseconds: 0))
    }
}

/// Errors name file, line, path and the mend.
struct YAMLDAGParserErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var line: Int
        var code: DAGParsingError.Code
        var words: String
        var testDescription: String { words }

        init(_ text: String, _ line: Int, _ code: DAGParsingError.Code, _ words: String) {
            self.text = text
            self.line = line
            self.code = code
            self.words = words
        }
    }

    /// A DAG whose tasks begin at line 3.
    private static func tasks(_ text: String) -> String {
        "d:\n  tasks:\n    \(text.replacing("\n", with: "\n    "))\n"
    }

    static let cases = [
        Case("d: [\n", 2, .syntax, "not YAML"),
        Case("d: {tasks: {}}\nd: {tasks: {}}", 1, .duplicate, "'d' stands twice"),
        Case("d:\n  shedule: x\n", 2, .unknownKey, "did you mean 'schedule'?"),
        Case("d:\n  catchup: maybe\n", 2, .wrongType, "expected true or false"),
        Case("d:\n  schedule: '@dayly'\n", 2, .invalidValue, "did you mean '@daily'?"),
        Case("d:\n  schedule: 61 * * * *\n", 2, .invalidValue, "is no schedule"),
        Case("d:\n  schedule: 3600\n", 2, .wrongType, "expected a schedule"),
        Case("d:\n  start_date: yesterday\n", 2, .wrongType, "expected a date"),
        Case("d:\n  timezone: Europe/Pariss\n", 2, .invalidValue, "unknown time zone"),
        Case("d:\n  on_failure_callback: x.y\n", 2, .pythonOnly, "needs Python code"),
        Case("d:\n  default_args:\n    retrys: 2\n", 3, .unknownKey, "did you mean 'retries'?"),
        Case("d:\n  schedule: '@daily'\n  params: {p: {type: string}}\n", 3, .invalidValue, "needs valid defaults"),
        Case("d:\n  params:\n    p: {type: integer, default: x}\n", 3, .invalidValue, "'x' is not of type 'integer'"),
        Case("d:\n  schedule: '@continuous'\n  max_active_runs: 3\n", 3, .invalidValue, "max_active_runs: 1"),
        Case("d d:\n  tasks: {}\n", 1, .invalidValue, "the id 'd d'"),
        Case("d: 3\n", 1, .wrongType, "expected a mapping"),
        Case(tasks("a: {}"), 3, .missingField, "needs an 'operator'"),
        Case(tasks("a: {operator: BashOperater, bash_command: x}"), 3, .invalidValue, "did you mean 'BashOperator'?"),
        Case(tasks("a: {operator: PythonOperator}"), 3, .pythonOnly, "needs Python; write this DAG as a Python file"),
        Case(tasks("a: {operator: my.own.Operator}"), 3, .pythonOnly, "'my.own.Operator'"),
        Case(tasks("a: {decorator: airflow.sdk.task}"), 3, .pythonOnly, "a decorator"),
        Case(tasks("a: {operator: BashOperator}"), 3, .missingField, "BashOperator needs 'bash_command'"),
        Case(tasks("a:\n  operator: BashOperator\n  bash_comand: x"), 5, .unknownKey, "did you mean 'bash_command'?"),
        Case(
            tasks("a:\n  operator: BashOperator\n  bash_command: x\n  retries: two"), 6, .wrongType,
            "expected an integer"),
        Case(
            tasks("a:\n  operator: BashOperator\n  bash_command: x\n  retry_delay: soon"), 6, .wrongType,
            "expected a time span"),
        Case(
            tasks("a:\n  operator: EmptyOperator\n  trigger_rule: all_sucess"), 5, .invalidValue,
            "did you mean 'all_success'?"),
        Case(tasks("a:\n  operator: BashOperator\n  bash_command: run.sh"), 5, .pythonOnly, "names a template file"),
        Case(tasks("a:\n  operator: EmptyOperator\n  executor: LocalExecutor"), 5, .pythonOnly, "'executor'"),
        Case(
            tasks("first: {operator: EmptyOperator}\na:\n  operator: EmptyOperator\n  dependencies: [frist]"), 6,
            .unknownTask, "did you mean 'first'?"),
        Case(
            tasks("a: {operator: EmptyOperator, dependencies: [b]}\nb: {operator: EmptyOperator, dependencies: [a]}"),
            3, .invalidGraph, "cycle"),
        Case(tasks("a: {operator: EmptyOperator, task_group_name: g}"), 3, .unknownTask, "no task group 'g'"),
        Case(
            tasks("- {task_id: a, operator: EmptyOperator}\n- {task_id: a, operator: EmptyOperator}"), 4, .duplicate,
            "stands twice"),
        Case(tasks("- {operator: EmptyOperator}"), 3, .missingField, "needs 'task_id'"),
        Case(tasks("a: {image: x, resources: {memory: lots}}"), 3, .invalidValue, "is no quantity"),
        Case(tasks("a: {image: x, resources: {gpus: 1}}"), 3, .unknownKey, "did you mean 'gpu'?"),
        Case(tasks("a: {operator: BashOperator, expand: {bash_command: x}}"), 3, .wrongType, "TASK.output"),
        Case(tasks("a: {operator: BashOperator, expand: {bash_command: b.output}}"), 3, .unknownTask, "no task 'b'"),
        Case(
            tasks("a: {operator: BashOperator, bash_command: x, expand: {env2: [1]}}"), 3, .unknownKey,
            "no argument 'env2'"),
        Case(tasks("a: {operator: DayOfWeekSensor, week_day: Mondey}"), 3, .invalidValue, "did you mean 'monday'?"),
        Case(
            tasks("a: {operator: BashOperator, bash_command: !!python/name:x.y ''}"), 3, .pythonOnly,
            "makes an object of Python"),
        Case(
            tasks("a: {operator: BashOperator, bash_command: x, retry_delay: 3, retry_delay_sec: 3}"), 3, .duplicate,
            "say the same"),
        Case(
            "d:\n  task_groups:\n    a: {parent_group_name: b}\n    b: {parent_group_name: a}\n", 3, .invalidGraph,
            "parents of each other"),
    ]

    @Test(arguments: cases)
    func namesTheLineAndTheMend(_ test: Case) throws {
        let error = try #require(throws: DAGParsingError.self) {
            _ = try TestYAML.parser.parse(test.text, file: "team/dag.yaml")
        }
        #expect(error.code == test.code, "\(error)")
        #expect(error.line == test.line, "\(error)")
        #expect(error.file == "team/dag.yaml")
        #expect("\(error)".contains(test.words), "\(error)")
    }

    @Test func aliasesOfAliasesComeToAnEnd() {
        var text = "x-a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            let item = "*a\(level - 1)"
            text += "x-a\(level): &a\(level) [\(Array(repeating: item, count: 10).joined(separator: ", "))]\n"
        }
        let error = #expect(throws: DAGParsingError.self) { _ = try TestYAML.parser.parse(text, file: "dag.yaml") }
        #expect(error?.message.contains("too large") == true)
    }
}

struct YAMLScalarTests {
    private static let scalars: [(String, JSONValue)] = [
        ("", .null), ("~", .null), ("null", .null), ("yes", true), ("Off", false), ("12", 12), ("-3", -3),
        ("1_000", 1_000),
        ("0x1F", 31), ("017", 15), ("1.5", 1.5), (".5", 0.5), ("1e3", "1e3"), ("1.0e+3", 1_000.0),
        (".inf", .double(.infinity)),
        ("12:30:00", "12:30:00"), ("2026-01-01", "2026-01-01"), ("1.2.3", "1.2.3"), ("-", "-"), (".", "."),
        ("0.5.1", "0.5.1"),
        ("0b101", 5), ("08", "08"), ("text", "text"),
    ]

    @Test(arguments: scalars)
    func plainScalarsAreReadAsPyYAMLReadsThem(text: String, expected: JSONValue) {
        #expect(YAMLScalar.plain(text) == expected)
    }

    @Test func quotedScalarsAreTexts() throws {
        let node = try #require(try YAMLReader.read("{a: '1', b: \"yes\", c: !!str 3, d: !!int '4'}"))
        #expect(node.json == ["a": "1", "b": "yes", "c": "3", "d": 4])
    }

    private static let spans: [(Duration, String)] = [
        (.seconds(3), "0:00:03"), (.seconds(86_403), "1 day, 0:00:03"),
        (.seconds(2 * 86_400 + 36_061), "2 days, 10:01:01"),
        (.milliseconds(1_500), "0:00:01.500000"),
    ]

    @Test(arguments: spans)
    func spansPrintAsInPython(span: Duration, text: String) {
        #expect(YAMLSpan.pythonText(span) == text)
    }
}
