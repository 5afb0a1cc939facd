import ArgumentParser
import PipelineCore
import PythonHost

/// The attributes of a DAG under Airflow's names.
enum DAGDetails {
    static func object(_ loaded: LoadedDAG, record: DAGRecord?) -> JSONObject {
        let header = loaded.dag.header
        return [
            "dag_id": .string(header.id), "dag_display_name": .string(header.displayName ?? header.id),
            "is_paused": .bool(record?.isPaused ?? false), "bundle_name": .string(loaded.bundleName),
            "relative_fileloc": .string(header.relativeFileLocation), "fileloc": .string(header.fileLocation),
            "description": RunDocument.text(header.description), "tags": .array(header.tags.map(JSONValue.string)),
            "owners": .array(DAGsList.owners(loaded.dag).map(JSONValue.string)),
            "timetable_summary": .string(TimetableText.summary(header.timetable)),
            "timezone": .string(header.timezone), "start_date": RunDocument.time(header.startDate),
            "end_date": RunDocument.time(header.endDate), "catchup": .bool(header.catchup),
            "max_active_runs": .int(header.maxActiveRuns), "max_active_tasks": .int(header.maxActiveTasks),
            "max_consecutive_failed_dag_runs": .int(header.maxConsecutiveFailedRuns),
            "dag_run_timeout": header.dagRunTimeout.map { .double($0.inSeconds) } ?? .null,
            "fail_fast": .bool(header.failFast), "doc_md": RunDocument.text(header.docMarkdown),
            "params": .object(JSONObject(header.params.map { ($0.name, $0.value ?? .null) })),
            "task_count": .int(loaded.dag.tasks.count), "version_hash": .string(loaded.hash),
        ]
    }
}
