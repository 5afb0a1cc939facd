import PipelineCore
import PythonHost

/// A custom timetable, evaluated by the DAG file itself (Airflow pitfall 13).
struct PythonTimetable: Sendable {
    let host: PythonHost
    let dag: DAG
    let bundlePath: String
    let bundleName: String

    func manualDataInterval(at instant: Timestamp) async throws -> DataInterval? {
        Self.interval(try await call("infer_manual_data_interval", ["run_after": .double(instant.seconds)]))
    }

    func nextRun(
        after last: DataInterval?, within restriction: TimeRestriction
    ) async throws -> (runAfter: Timestamp, dataInterval: DataInterval?)? {
        let answer = try await call(
            "next_dagrun_info", ["last": Self.json(last), "restriction": Self.json(restriction)])
        guard let runAfter = answer["run_after"]?.doubleValue else { return nil }
        return (Timestamp(seconds: runAfter), Self.interval(answer["data_interval"] ?? .null))
    }

    private func call(_ function: String, _ arguments: JSONObject) async throws -> JSONValue {
        var payload = arguments
        payload["function"] = .string(function)
        payload["dag_id"] = .string(dag.id)
        let file = bundlePath + "/" + dag.header.relativeFileLocation
        return try await host.call(
            ReadRequest(file: file, bundlePath: bundlePath, bundleName: bundleName, safeMode: false), payload: payload)
    }

    private static func interval(_ value: JSONValue) -> DataInterval? {
        guard let start = value["start"]?.doubleValue, let end = value["end"]?.doubleValue else { return nil }
        return DataInterval(start: Timestamp(seconds: start), end: Timestamp(seconds: end))
    }

    private static func json(_ interval: DataInterval?) -> JSONValue {
        guard let interval else { return .null }
        return [
            "data_interval_start": .double(interval.start.seconds), "data_interval_end": .double(interval.end.seconds),
            "run_after": .double(interval.end.seconds),
        ]
    }

    private static func json(_ restriction: TimeRestriction) -> JSONValue {
        [
            "earliest": restriction.earliest.map { .double($0.seconds) } ?? .null,
            "latest": restriction.latest.map { .double($0.seconds) } ?? .null, "catchup": .bool(restriction.catchup),
        ]
    }
}
