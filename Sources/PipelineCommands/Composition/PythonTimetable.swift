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
    ) async throws -> (runAfter: Timestamp, dataInterval: DataInterval?, partition: RunPartition?)? {
        let answer = try await call(
            "next_dagrun_info", ["last": Self.json(last), "restriction": Self.json(restriction)])
        guard let runAfter = answer["run_after"]?.doubleValue else { return nil }
        let partition = answer["partition_key"]?.stringValue.map {
            RunPartition(key: $0, date: Self.date(answer["partition_date"]))
        }
        return (Timestamp(seconds: runAfter), Self.interval(answer["data_interval"] ?? .null), partition)
    }

    /// Where an event goes, by a custom partition mapper.
    func answer(_ question: PartitionQuestion) async throws -> PartitionAnswer {
        let answer = try await call(
            "map_partition",
            [
                "name": .string(question.asset.name), "uri": .string(question.asset.uri),
                "key": .string(question.sourceKey),
                "date": question.sourceDate.map { .int(Int($0.microseconds)) } ?? .null,
            ])
        if let reason = answer["refused"]?.stringValue { return .refused(reason) }
        let targets = try (answer["targets"]?.arrayValue ?? []).map { target in
            guard let key = target["key"]?.stringValue else { throw PartitionError("the mapper returned a key that is no text") }
            return (key: key, answer: try CustomPartition(target["answer"] ?? .null))
        }
        return .targets(
            PartitionMapping(
                targets: targets, maximumTargets: answer["maximum"]?.intValue, carriedDate: Self.date(answer["carried"])))
    }

    /// The partition of a run by hand, checked by the timetable.
    /// - Throws: ``PartitionError`` where the DAG does not take the key.
    func partition(key: String) async throws -> RunPartition {
        let answer = try await call("resolve_partition", ["key": .string(key)])
        if let reason = answer["refused"]?.stringValue { throw PartitionError(reason) }
        return RunPartition(key: key, date: Self.date(answer["date"]))
    }

    private static func date(_ value: JSONValue?) -> Timestamp? {
        value?.intValue.map { Timestamp(microseconds: Int64($0)) }
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
