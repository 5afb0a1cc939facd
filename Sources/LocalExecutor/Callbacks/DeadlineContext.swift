import PipelineCore

/// The `context` of a deadline's callback: the run, as Airflow's REST API shows it, and the deadline. In the SDK's serde
/// form. Source: Airflow 3.3 `models/deadline.py` (`get_simple_context`).
struct DeadlineContext {
    let json: JSONValue

    init(_ subject: PythonCallbackRunner.Subject, id: UUID7, time: Timestamp) {
        json = [
            "dag_run": .object(Self.run(subject.run, subject.dag)),
            "deadline": ["id": .string(id.description), "deadline_time": SerdeTime.encoded(time)],
        ]
    }

    private static func run(_ run: DAGRun, _ dag: DAG) -> JSONObject {
        func date(_ instant: Timestamp?) -> JSONValue { instant.map { .string($0.apiFormat) } ?? .null }
        let duration = run.startDate.flatMap { start in run.endDate.map { ($0 - start).inSeconds } }
        return [
            "dag_run_id": .string(run.key.runID), "dag_id": .string(run.key.dagID),
            "logical_date": date(run.logicalDate), "queued_at": date(run.queuedAt), "start_date": date(run.startDate),
            "end_date": date(run.endDate), "duration": duration.map(JSONValue.double) ?? .null,
            "data_interval_start": date(run.dataIntervalStart), "data_interval_end": date(run.dataIntervalEnd),
            "run_after": date(run.runAfter), "last_scheduling_decision": date(run.updatedAt),
            "run_type": .string(run.type.rawValue), "state": .string(run.state.rawValue),
            "triggered_by": .string(run.triggeredBy.rawValue), "triggering_user_name": WireForms.text(run.triggeringUser),
            "conf": .object(run.conf), "note": WireForms.text(run.note), "dag_versions": [],
            "bundle_version": WireForms.text(run.bundleVersion),
            "dag_display_name": .string(dag.header.displayName ?? dag.id),
            "partition_key": WireForms.text(run.partitionKey), "partition_date": .null,
        ]
    }
}
