import PipelineCore

/// Our values as the Execution API's models write them (`sdk/api/datamodels/_generated.py`): every required key is
/// there, also where it is null, and no other key.
enum WireForms {
    static func date(_ instant: Timestamp?) -> JSONValue { instant.map { .string($0.isoFormat) } ?? .null }

    static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    static func run(_ run: DAGRun, consumed: [ConsumedAssetEvent] = []) -> JSONObject {
        [
            "dag_id": .string(run.key.dagID), "run_id": .string(run.key.runID),
            "logical_date": date(run.logicalDate), "data_interval_start": date(run.dataIntervalStart),
            "data_interval_end": date(run.dataIntervalEnd), "run_after": date(run.runAfter),
            "start_date": date(run.startDate), "end_date": date(run.endDate), "clear_number": .int(run.clearNumber),
            "run_type": .string(run.type.rawValue), "state": .string(run.state.rawValue), "conf": .object(run.conf),
            "triggering_user_name": text(run.triggeringUser),
            "consumed_asset_events": .array(consumed.map(runReference)), "partition_key": text(run.partitionKey),
            "partition_date": date(run.partitionDate), "note": text(run.note),
        ]
    }

    static func previousInstance(_ instance: TaskInstance, of run: DAGRun) -> JSONValue {
        [
            "task_id": .string(instance.taskID), "dag_id": .string(run.key.dagID), "run_id": .string(run.key.runID),
            "logical_date": date(run.logicalDate), "start_date": date(instance.startDate),
            "end_date": date(instance.endDate), "state": text(instance.state?.rawValue),
            "try_number": .int(instance.tryNumber), "map_index": .int(instance.mapIndex),
            "duration": instance.duration.map { .double($0.inSeconds) } ?? .null,
        ]
    }

    static func breadcrumb(_ instance: TaskInstance) -> JSONValue {
        [
            "task_id": .string(instance.taskID), "map_index": .int(instance.mapIndex),
            "state": text(instance.state?.rawValue), "operator": .string(instance.operatorName),
            "duration": instance.duration.map { .double($0.inSeconds) } ?? .null,
        ]
    }

    static func asset(_ asset: AssetRecord) -> JSONObject {
        [
            "name": .string(asset.name), "uri": .string(asset.uri), "group": .string(asset.group),
            "extra": asset.extra.isNull ? [:] : asset.extra,
        ]
    }

    static func event(_ event: AssetEvent, of asset: AssetRecord?) -> JSONValue {
        let known = asset ?? AssetRecord(name: event.name, uri: event.uri, group: "asset", extra: [:])
        let form = source(event).merging([
            "id": .int(event.id), "timestamp": date(event.timestamp), "extra": orEmpty(event.extra),
            "asset": .object(Self.asset(known)), "created_dagruns": [],
        ])
        return .object(form)
    }

    /// An event as a run refers to it.
    private static func runReference(_ consumed: ConsumedAssetEvent) -> JSONValue {
        let event = consumed.event
        let aliases = event.aliasNames.map { JSONValue.object(["name": .string($0)]) }
        let form = source(event).merging([
            "asset": [
                "name": .string(event.name), "uri": .string(event.uri), "extra": orEmpty(consumed.assetExtra),
            ],
            "extra": orEmpty(event.extra), "source_aliases": .array(aliases), "timestamp": date(event.timestamp),
        ])
        return .object(form)
    }

    private static func source(_ event: AssetEvent) -> JSONObject {
        [
            "source_task_id": text(event.source?.taskID), "source_dag_id": text(event.source?.run.dagID),
            "source_run_id": text(event.source?.run.runID),
            "source_map_index": event.source.map { .int($0.mapIndex) } ?? .null,
            "partition_key": text(event.partitionKey),
        ]
    }

    private static func orEmpty(_ value: JSONValue) -> JSONValue { value.isNull ? [:] : value }

    static func connection(_ connection: Connection) -> JSONObject {
        [
            "conn_id": .string(connection.id), "conn_type": .string(connection.type), "host": text(connection.host),
            "schema": text(connection.schema), "login": text(connection.login), "password": text(connection.password),
            "port": connection.port.map(JSONValue.int) ?? .null, "extra": text(connection.extra),
        ]
    }
}
