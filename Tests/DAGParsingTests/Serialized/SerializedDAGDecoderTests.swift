import PipelineCore
import Testing

@testable import DAGParsing

/// What Airflow's own decoder made of the same documents is in `expected.jsonl` (scripts/make-serialized-fixtures.py).
struct SerializedDAGDecoderTests {
    private static let given = [
        "asset", "full", "simple", "tt_alias", "tt_cont", "tt_croninterval", "tt_delta", "tt_deltatrigger", "tt_events",
        "tt_multi", "tt_none", "tt_once", "tt_or",
    ]

    private static func documents() throws -> [JSONValue] {
        try given.map { try Fixtures.json("serialized/ser_\($0).json") }
            + Fixtures.jsonLines("serialized/decoder.jsonl") + Fixtures.jsonLines("serialized/examples.jsonl")
    }

    private static func document(_ id: String) throws -> JSONValue {
        try #require(try documents().first { $0["dag"]?["dag_id"]?.stringValue == id })
    }

    private func dag(_ id: String) throws -> DAG { try SerializedDAGDecoder().decode(Self.document(id)) }

    @Test func decodesEveryDocumentAsAirflowDoes() throws {
        let documents = try Self.documents()
        let expected = try Fixtures.jsonLines("serialized/expected.jsonl")
        #expect(documents.count == expected.count && documents.count > 140)
        for (document, expected) in zip(documents, expected) {
            let id = expected["dag_id"]?.stringValue ?? ""
            let decoded = DecodedDAG(dag: try SerializedDAGDecoder().decode(document)).json
            let difference = decoded.difference(from: expected)
            #expect(difference == nil, "\(id)\(difference ?? "")")
        }
    }

    @Test func versionTwoReadsAsVersionThree() throws {
        var document = try #require(try Self.document("decoder_groups").objectValue)
        document["__version"] = 2
        let two = DecodedDAG(dag: try SerializedDAGDecoder().decode(.object(document)))
        #expect(two.json == DecodedDAG(dag: try dag("decoder_groups")).json)
    }

    @Test func clientDefaultsStandBehindTheTaskAndBeforeTheSchema() throws {
        var document = try #require(try Self.document("decoder_groups").objectValue)
        document["client_defaults"] = ["tasks": ["retries": 7, "pool_slots": 2, "retry_delay": 9.0]]
        let dag = try SerializedDAGDecoder().decode(.object(document))
        #expect(dag["start"]?.retry.retries == 1)
        #expect(dag["start"]?.retry.delay == .seconds(30))
        #expect(dag["start"]?.poolSlots == 2)
        #expect(dag["use"]?.poolSlots == 3)
    }

    @Test func clientDefaultsReachMappedTasks() throws {
        var document = try #require(try Self.document("decoder_expand").objectValue)
        document["client_defaults"] = ["tasks": ["retries": 7, "queue": "q"]]
        let dag = try SerializedDAGDecoder().decode(.object(document))
        #expect(dag["kwargs_xcom"]?.retry.retries == 2)
        #expect(dag["two"]?.queue == "q")
        #expect(dag["mapped_empty"]?.retry.retries == 7)
    }

    @Test func attributesHoldTemplateFieldsAndArgumentsInPlainJSON() throws {
        let dag = try dag("decoder_expand")
        #expect(dag["first"]?.attributes == ["bash_command": "echo '[1]'"])
        #expect(dag["second"]?.attributes["op_kwargs"]?["t"] == [1, 2])
        #expect(dag["kwargs_xcom"]?.attributes["env"] == ["K": "{{ ds }}"])
        #expect(dag["kwargs_xcom"]?.attributes["retries"] == nil)
        #expect(dag["two"]?.attributes["op_kwargs"] == ["y": 2])
    }

    @Test func sensorsInRescheduleModeAreKnownMappedOrNot() throws {
        let dag = try dag("decoder_expand")
        #expect(dag["sensor"]?.isReschedulable == true)
        #expect(dag["sensor_poke"]?.isReschedulable == false)
        #expect(dag["mapped_sensor"]?.isReschedulable == true)
    }

    @Test func parametersOfATaskAreApartFromThoseOfTheDAG() throws {
        let own = try #require(try dag("decoder_params")["own"])
        #expect(own.attributes["params"] == ["mine": 3, "none": 4])
        #expect(try dag("decoder_expand")["first"]?.attributes["params"] == nil)
    }

    @Test func calendarDeltasWithoutAPlaceAreLeftToPython() throws {
        let paths = try ["decoder_schedule_relative_weekday", "decoder_schedule_cron_relative"].map { id in
            guard case .custom(let path, let arguments) = try dag(id).header.timetable else { return "" }
            #expect(arguments.objectValue != nil)
            return path
        }
        #expect(
            paths == [
                "airflow.timetables.trigger.DeltaTriggerTimetable", "airflow.timetables.trigger.CronTriggerTimetable",
            ])
    }

    private func timetable(_ path: String, _ arguments: JSONValue) throws -> TimetableDefinition {
        let encoded: JSONValue = ["__type": .string("airflow.timetables." + path), "__var": arguments]
        let document = try Self.document("ser_simple").setting(encoded, at: ["dag", "timetable"])
        return try SerializedDAGDecoder().decode(document).header.timetable
    }

    @Test func readsTimetablesOfPartitions() throws {
        let cron = try timetable(
            "trigger.CronPartitionTimetable",
            [
                "expression": "@daily", "timezone": "Europe/Berlin", "run_immediately": false, "run_offset": -1,
                "key_format": "%Y-%m-%d",
            ])
        #expect(
            cron == .cronPartition(
                expression: "@daily", timezone: "Europe/Berlin", runOffset: -1, keyFormat: "%Y-%m-%d",
                runImmediately: .never))
        let asset: JSONValue = ["__type": "asset", "name": "a", "uri": "s3://a", "group": "asset", "extra": [:]]
        let mapper: JSONValue = ["__type": "airflow.partition_mappers.identity.IdentityMapper", "__var": [:]]
        let partitioned = try timetable(
            "simple.PartitionedAssetTimetable",
            [
                "asset_condition": asset, "partition_mapper_config": [[asset, mapper]],
                "default_partition_mapper": mapper,
            ])
        #expect(
            partitioned == .partitionedAsset(
                PartitionedAssetDefinition(
                    condition: asset, mappings: [.init(asset: asset, mapper: mapper)], defaultMapper: mapper)))
        #expect(try timetable("simple.PartitionedAtRuntime", [:]) == .partitionedAtRuntime)
        #expect(throws: DAGParsingError.self) {
            try timetable(
                "simple.PartitionedAssetTimetable",
                ["asset_condition": asset, "partition_mapper_config": [[asset]], "default_partition_mapper": mapper])
        }
    }

    @Test func keepsDeadlinesDefaultArgumentsAndOwners() throws {
        let header = try dag("decoder_groups").header
        #expect(header.defaultArguments["owner"] == "ops")
        #expect(header.owners == ["ops", "someone"])
        let deadlines = try dag("decoder_deadline").header.deadlines
        #expect(deadlines.map(\.reference) == [.queuedAt] && deadlines.map(\.interval) == [.fixed(.seconds(300))])
        #expect(deadlines.first?.callback.isAsync == true)
    }

    @Test func tolerantOfUnknownKeys() throws {
        var document = try Self.document("ser_simple")
        document = document.setting("future", at: ["dag", "something_new"])
        document = document.setting(1, at: ["dag", "tasks", "0", "__var", "another"])
        let dag = try SerializedDAGDecoder().decode(document)
        #expect(dag.tasks[0].attributes["another"] == 1)
    }
}

/// Errors say what is wrong and where.
struct SerializedDAGDecoderErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var path: [String]
        var value: JSONValue?
        var code: DAGParsingError.Code
        var place: String
        var testDescription: String { "\(place) \(code)" }

        init(_ path: String, _ value: JSONValue?, _ code: DAGParsingError.Code, at place: String) {
            self.path = path.split(separator: "/").map(String.init)
            self.value = value
            self.code = code
            self.place = place
        }
    }

    static let cases = [
        Case("__version", 1, .unsupportedVersion, at: "__version"),
        Case("__version", 4, .unsupportedVersion, at: "__version"),
        Case("__version", nil, .missingField, at: "__version"),
        Case("dag", nil, .missingField, at: "dag"),
        Case("dag", [], .wrongType, at: "dag"),
        Case("dag/dag_id", nil, .missingField, at: "dag.dag_id"),
        Case("dag/max_active_runs", "3", .wrongType, at: "dag.max_active_runs"),
        Case("dag/start_date", ["__type": "timedelta", "__var": 3], .wrongType, at: "dag.start_date"),
        Case("dag/dagrun_timeout", .double(.infinity), .wrongType, at: "dag.dagrun_timeout"),
        Case("dag/timezone", 90_000, .wrongType, at: "dag.timezone"),
        Case("dag/timetable", "daily", .wrongType, at: "dag.timetable"),
        Case(
            "dag/timetable/__var/timetable/__var/expression", nil, .missingField,
            at: "dag.timetable.__var.timetable.__var.expression"),
        Case(
            "dag/timetable/__var/asset_condition/objects/1/__type", "trigger", .unknownType,
            at: "dag.timetable.__var.asset_condition.objects[1].__type"),
        Case("dag/allowed_run_types", ["nightly"], .invalidValue, at: "dag.allowed_run_types"),
        Case("dag/params", ["x"], .wrongType, at: "dag.params"),
        Case("dag/tasks/0/__type", "dag", .unknownType, at: "dag.tasks[0]"),
        Case("dag/tasks/1/__var/retries", "many", .wrongType, at: "dag.tasks[1].retries"),
        Case("dag/tasks/1/__var/trigger_rule", "sometimes", .invalidValue, at: "dag.tasks[1].trigger_rule"),
        Case("dag/tasks/1/__var/outlets/0/__var/uri", nil, .missingField, at: "dag.tasks[1].outlets[0].uri"),
        Case(
            "dag/tasks/5/__var/op_kwargs_expand_input/type", "sets", .unknownType,
            at: "dag.tasks[5].op_kwargs_expand_input.value"),
        Case(
            "dag/tasks/5/__var/op_kwargs_expand_input/value/__var/x/__type", "datetime", .unknownType,
            at: "dag.tasks[5].op_kwargs_expand_input.value.x"),
        Case(
            "dag/tasks/5/__var/op_kwargs_expand_input/value/__var/x/__var/task_id", nil, .missingField,
            at: "dag.tasks[5].op_kwargs_expand_input.value.x.task_id"),
        Case(
            "dag/tasks/7/__var/partial_kwargs/retry_delay", ["__type": "datetime", "__var": 3], .wrongType,
            at: "dag.tasks[7].retry_delay"),
        Case("dag/tasks/1/__var/downstream_task_ids", ["nobody"], .invalidGraph, at: "dag"),
        Case("dag/tasks/2/__var/downstream_task_ids", ["bash"], .invalidGraph, at: "dag"),
        Case("dag/tasks/1/__var/task_id", "start", .invalidGraph, at: "dag.task_group.children.bash"),
        Case("dag/task_group/children/bash", ["operator", "nobody"], .unknownTask, at: "dag.task_group.children.bash"),
        Case("dag/task_group/children/grp", ["set", [:]], .unknownType, at: "dag.task_group.children.grp"),
        Case("dag/task_group/children/bash", nil, .missingField, at: "dag.task_group"),
    ]

    @Test(arguments: cases)
    func namesThePlace(_ test: Case) throws {
        let document = try Fixtures.json("serialized/ser_full.json").setting(test.value, at: test.path)
        let error = try #require(throws: DAGParsingError.self) { try SerializedDAGDecoder().decode(document) }
        if test.place == "dag.task_group.children.bash", test.code == .invalidGraph {
            // Renaming leaves the group with the old id, which is found first.
            #expect(error.code == .unknownTask)
        } else {
            #expect(error.code == test.code, "\(error)")
        }
        #expect(error.path == test.place, "\(error)")
    }

    @Test func describesFileLinePathAndMessage() {
        let error = DAGParsingError(.wrongType, "expected a list", file: "a/dag.yaml", line: 3, path: "tasks")
        #expect("\(error)" == "a/dag.yaml:3: tasks: expected a list")
    }
}

extension JSONValue {
    /// A copy with the value at the path replaced, or removed.
    func setting(_ value: JSONValue?, at path: [String]) -> JSONValue {
        guard let key = path.first else { return value ?? .null }
        let rest = Array(path.dropFirst())
        switch self {
        case .object(var object):
            object[key] = rest.isEmpty ? value : (object[key] ?? [:]).setting(value, at: rest)
            return .object(object)
        case .array(var elements):
            let index = Int(key) ?? -1
            precondition(elements.indices.contains(index), "no element \(key)")
            elements[index] = elements[index].setting(value, at: rest)
            return .array(elements)
        default: preconditionFailure("nothing at \(key)")
        }
    }
}
