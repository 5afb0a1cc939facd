import PipelineCore
import PythonHost
import Testing

/// Timetables and weight rules that only Python knows.
@Suite(.needsPython)
struct CallTests {
    let request = ReadRequest(file: "\(TestPython.bundle)/custom.py", bundlePath: TestPython.bundle)

    @Test func customTimetablesSayTheNextRun() async throws {
        let first = try await TestPython.shared.call(
            request,
            payload: [
                "function": "next_dagrun_info", "dag_id": "custom", "last": .null,
                "restriction": ["earliest": 1_000_000.25, "latest": .null, "catchup": true],
            ])
        #expect(first["data_interval"] == ["start": 1_000_000.25, "end": 1_025_200.25])
        #expect(first["run_after"] == 1_025_200.25)
        let second = try await TestPython.shared.call(
            request,
            payload: [
                "function": "next_dagrun_info", "dag_id": "custom",
                "last": [
                    "run_after": 1_025_200.25, "data_interval_start": 1_000_000.25,
                    "data_interval_end": 1_025_200.25,
                ],
                "restriction": ["earliest": .null, "latest": 1.0, "catchup": true],
            ])
        #expect(second == .null)
    }

    @Test func customTimetablesInferManualIntervals() async throws {
        let answer = try await TestPython.shared.call(
            request,
            payload: ["function": "infer_manual_data_interval", "dag_id": "custom", "run_after": 100_000.0])
        #expect(answer == ["start": 74_800.0, "end": 100_000.0])
    }

    private func mapped(_ name: String, _ key: String) async throws -> JSONValue {
        try await TestPython.shared.call(
            request,
            payload: [
                "function": "map_partition", "dag_id": "partitioned", "name": .string(name),
                "uri": .string("s3://lake/\(name)"), "key": .string(key), "date": 7,
            ])
    }

    @Test func customMappersSayWhereAnEventGoes() async throws {
        let second = 1_767_312_000_000_000
        #expect(
            try await mapped("rows", "2,x::eu") == [
                "targets": [
                    ["key": "2", "answer": ["expected": .null, "minimum": .null, "date": .int(second)]],
                    ["key": "x", "answer": ["expected": .null, "minimum": .null, "date": .null]],
                ],
                "maximum": 5, "carried": .null,
            ])
        #expect(
            try await mapped("regions", "us") == [
                "targets": [["key": "1", "answer": ["expected": ["eu", "us"], "minimum": -1, "date": .null]]],
                "maximum": .null, "carried": .null,
            ])
        #expect(try await mapped("rows", "x") == ["refused": "ValueError: no colons in x"])
    }

    @Test func keysOfRunsByHandAreCheckedByTheTimetable() async throws {
        func resolved(_ key: String, _ dagID: String = "partitioned") async throws -> JSONValue {
            try await TestPython.shared.call(
                request, payload: ["function": "resolve_partition", "dag_id": .string(dagID), "key": .string(key)])
        }
        #expect(try await resolved("2") == ["date": 1_767_312_000_000_000])
        #expect(try await resolved("x")["refused"]?.stringValue?.contains("Partition key 'x' is invalid") == true)
        #expect(try await resolved("x", "custom")["refused"]?.stringValue?.contains("is not a partitioned Dag") == true)
    }

    @Test func customWeightRulesWeighInstances() async throws {
        func instance(_ attempt: Int, _ map: Int) -> JSONValue {
            ["task_id": "weighed", "run_id": "r", "map_index": .int(map), "try_number": .int(attempt)]
        }
        let answer = try await TestPython.shared.call(
            request,
            payload: [
                "function": "get_weight", "dag_id": "custom", "instances": [instance(1, -1), instance(2, 5)],
            ])
        #expect(answer == [99, 205])
    }

    @Test func referencesOfAnAuthorSayTheirInstant() async throws {
        let bundle = TestPython.bundle.replacingSuffix("bundle", with: "deadlines")
        let request = ReadRequest(file: "\(bundle)/dated.py", bundlePath: bundle)
        let answer = try await TestPython.shared.read(request).value()
        let alerts = try #require(answer["dags"]?[0]?["serialized"]?["dag"]?["deadline"])
        let reference = try #require(alerts[1]?["reference"])
        #expect(reference["__class_path"]?.stringValue?.hasSuffix(".LengthOfID") == true)
        func ask(_ runID: String, _ reference: JSONValue) async throws -> JSONValue {
            try await TestPython.shared.call(
                request,
                payload: [
                    "function": "deadline_reference", "dag_id": "dated", "run_id": .string(runID), "reference": reference,
                ])
        }
        #expect(try await ask("four", reference) == 4.0)
        #expect(try await ask("never", reference) == .null)
        let error = await #expect(throws: PythonHostError.self) {
            try await ask("four", ["reference_type": "Gone", "__class_path": "own.Gone"])
        }
        #expect(error?.message.contains("no such deadline reference any more") == true)
    }

    @Test func aFailureCarriesPythonsTraceback() async throws {
        let error = await #expect(throws: PythonHostError.self) {
            try await TestPython.shared.call(request, payload: ["function": "get_weight", "dag_id": "nowhere"])
        }
        #expect(error?.code == .callFailed)
        #expect(error?.message.contains("custom.py has no DAG 'nowhere'") == true)
        #expect(error?.traceback?.contains("Traceback") == true)
    }
}

extension String {
    fileprivate func replacingSuffix(_ suffix: String, with other: String) -> String {
        hasSuffix(suffix) ? dropLast(suffix.count) + other : self
    }
}
