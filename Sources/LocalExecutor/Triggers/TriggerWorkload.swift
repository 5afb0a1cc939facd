import PipelineCore

/// A trigger as Airflow's runner takes it. Source: Airflow 3.3 `executors/workloads/trigger.py`.
enum TriggerWorkload {
    static func json(_ id: Int, _ trigger: DeferredTrigger, context: TriggerContext?) -> JSONValue {
        var workload: JSONObject = [
            "id": .int(id), "type": "RunTrigger", "classpath": .string(trigger.triggerClass),
            "encrypted_kwargs": .string(arguments(trigger.instance.triggerKwargs)),
            "ti": instance(trigger.instance), "timeout_after": WireForms.date(trigger.instance.triggerTimeout),
        ]
        if let context {
            workload["dag_data"] = context.dag
            workload["dag_run_data"] = .object(WireForms.run(context.run))
        }
        return .object(workload)
    }

    /// A trigger of watchers belongs to no task, and knows its assets.
    static func json(_ id: Int, _ trigger: EventTrigger) -> JSONValue {
        let assets = JSONObject(trigger.assets.map { ($0.name, JSONValue.string($0.uri)) })
        return [
            "id": .int(id), "type": "RunTrigger", "classpath": .string(trigger.triggerClass),
            "encrypted_kwargs": .string(arguments(trigger.kwargs)), "watched_assets": .object(assets),
        ]
    }

    /// A callback as Airflow's triggerer runs it. Source: Airflow 3.3 `triggers/callback.py`.
    static func json(_ id: Int, _ callback: AsyncCallbackCall) -> JSONValue {
        let kwargs: JSONValue = ["callback_path": .string(callback.path), "callback_kwargs": .object(callback.kwargs)]
        return [
            "id": .int(id), "type": "RunTrigger", "classpath": "airflow.triggers.callback.CallbackTrigger",
            "encrypted_kwargs": .string(String(decoding: kwargs.serializedUTF8(), as: UTF8.self)), "ti": .null,
            "timeout_after": .null,
        ]
    }

    /// Text that begins with a brace is read as it is; any other is taken for a Fernet token (Airflow pitfall 14).
    private static func arguments(_ kwargs: JSONValue?) -> String {
        switch kwargs {
        case nil, .null?: "{}"
        case .string(let token)?: token
        case let value?: String(decoding: value.serializedUTF8(), as: UTF8.self)
        }
    }

    private static func instance(_ instance: TaskInstance) -> JSONValue {
        let version = instance.dagVersionID ?? UUID7(high: 0, low: 0)
        return [
            "id": .string(instance.id.description), "task_id": .string(instance.taskID),
            "dag_id": .string(instance.key.run.dagID), "run_id": .string(instance.key.run.runID),
            "try_number": .int(instance.tryNumber), "dag_version_id": .string(version.description),
            "map_index": .int(instance.mapIndex), "hostname": .string(instance.hostname),
            "queue": .string(instance.queue), "pool_slots": .int(instance.poolSlots),
            "priority_weight": .int(instance.priorityWeight),
        ]
    }
}
