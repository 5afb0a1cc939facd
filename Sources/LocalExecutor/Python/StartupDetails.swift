import PipelineCore

/// The message that tells the runner what to run: the workload together with the answer to `PATCH .../run`.
/// Source: Airflow `sdk/execution_time/comms.py` (`StartupDetails`),
/// `api_fastapi/execution_api/routes/task_instances.py` (`ti_run`).
enum StartupDetails {
    static func message(
        _ launch: TaskLaunch, bundle: PythonBundle, hostname: String, startedAt: Timestamp, xcomKeys: [String],
        consumed: [ConsumedAssetEvent]
    ) -> JSONValue {
        let start = launch.isResume ? launch.instance.startDate ?? startedAt : startedAt
        return [
            "type": "StartupDetails", "ti": instance(launch, hostname: hostname), "dag_rel_path": .string(bundle.file),
            "bundle_info": ["name": .string(bundle.name), "version": WireForms.text(bundle.version)],
            "start_date": WireForms.date(start), "sentry_integration": "",
            "ti_context": .object(context(launch, xcomKeys: xcomKeys, consumed: consumed)),
        ]
    }

    private static func instance(_ launch: TaskLaunch, hostname: String) -> JSONValue {
        let instance = launch.instance
        let version = instance.dagVersionID ?? launch.run.dagVersionID ?? UUID7(high: 0, low: 0)
        return [
            "id": .string(instance.id.description), "task_id": .string(instance.taskID),
            "dag_id": .string(instance.key.run.dagID), "run_id": .string(instance.key.run.runID),
            "try_number": .int(instance.tryNumber), "dag_version_id": .string(version.description),
            "map_index": .int(instance.mapIndex), "hostname": .string(hostname), "queue": .string(instance.queue),
        ]
    }

    private static func context(_ launch: TaskLaunch, xcomKeys: [String], consumed: [ConsumedAssetEvent]) -> JSONObject {
        var context: JSONObject = [
            "dag_run": .object(WireForms.run(launch.run, consumed: consumed)),
            "task_reschedule_count": .int(launch.rescheduleCount), "max_tries": .int(launch.instance.maxTries),
            "variables": [], "connections": [], "xcom_keys_to_clear": [], "should_retry": .bool(launch.shouldRetry),
        ]
        if launch.isResume {
            context["next_method"] = WireForms.text(launch.instance.nextMethod)
            context["next_kwargs"] = launch.instance.nextKwargs ?? .null
            context["start_date"] = WireForms.date(launch.instance.startDate)
        } else {
            context["xcom_keys_to_clear"] = .array(xcomKeys.map(JSONValue.string))
        }
        return context
    }
}
