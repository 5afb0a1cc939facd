import PipelineCore

/// Runs, task instances and XComs under the names that Airflow's REST API v2 gives them.
enum RunDocument {
    static func run(_ run: DAGRun) -> JSONObject {
        [
            "dag_id": .string(run.key.dagID),
            "run_id": .string(run.key.runID),
            "state": .string(run.state.rawValue),
            "logical_date": time(run.logicalDate),
            "data_interval_start": time(run.dataIntervalStart),
            "data_interval_end": time(run.dataIntervalEnd),
            "run_after": time(run.runAfter),
            "start_date": time(run.startDate),
            "end_date": time(run.endDate),
            "run_type": .string(run.type.rawValue),
            "triggered_by": .string(run.triggeredBy.rawValue),
            "conf": .object(run.conf),
            "partition_key": text(run.partitionKey),
            "partition_date": time(run.partitionDate),
            "note": text(run.note),
            "reason": text(run.reason),
        ]
    }

    static func taskInstance(_ instance: TaskInstance) -> JSONObject {
        [
            "task_id": .string(instance.taskID),
            "map_index": .int(instance.mapIndex),
            "state": text(instance.state?.rawValue),
            "try_number": .int(instance.tryNumber),
            "max_tries": .int(instance.maxTries),
            "operator": .string(instance.operatorName),
            "hostname": .string(instance.hostname),
            "image_id": text(instance.imageID),
            "start_date": time(instance.startDate),
            "end_date": time(instance.endDate),
            "duration": instance.duration.map { .double($0.inSeconds) } ?? .null,
            "pool": .string(instance.pool),
            "queue": .string(instance.queue),
            "rendered_map_index": text(instance.renderedMapIndex),
            "note": text(instance.note),
            "reason": text(instance.reason),
        ]
    }

    static func xcom(_ xcom: XCom) -> JSONObject {
        [
            "task_id": .string(xcom.task.taskID),
            "map_index": .int(xcom.task.mapIndex),
            "key": .string(xcom.key),
            "value": xcom.value,
        ]
    }

    static func time(_ instant: Timestamp?) -> JSONValue { instant.map { .string($0.apiFormat) } ?? .null }

    static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}
