import PipelineCore

/// The first frame that a callback's process is sent. Sources: Airflow 3.3 `callbacks/callback_requests.py`,
/// `dag_processing/processor.py` (`DagFileParseRequest`), `sdk/execution_time/callback_supervisor.py`.
enum CallbackMessage {
    /// `nil` for what is no business of Python's.
    static func json(_ request: CallbackRequest, _ subject: PythonCallbackRunner.Subject) -> JSONValue? {
        switch request.work {
        case .dag(let isFailure, let reason, let task): parse(dag(isFailure, reason, task, subject), subject)
        case .task(let task, let isRetry, let message): parse(self.task(task, isRetry, message, subject), subject)
        case .email(let task, let isRetry, let message): parse(email(task, isRetry, message, subject), subject)
        case .deadline(let callback, let id, let time):
            execute(callback, DeadlineContext(subject, id: id, time: time), subject)
        case .webhook: nil
        }
    }

    private static func parse(_ request: JSONObject, _ subject: PythonCallbackRunner.Subject) -> JSONValue {
        [
            "type": "DagFileParseRequest", "file": .string("\(subject.bundle.path)/\(subject.bundle.file)"),
            "bundle_path": .string(subject.bundle.path), "bundle_name": .string(subject.bundle.name),
            "callback_requests": [.object(request.merging(place(subject)))],
        ]
    }

    private static func place(_ subject: PythonCallbackRunner.Subject) -> JSONObject {
        [
            "filepath": .string(subject.bundle.file), "bundle_name": .string(subject.bundle.name),
            "bundle_version": .null,
        ]
    }

    private static func dag(
        _ isFailure: Bool, _ reason: String, _ task: CallbackTask?, _ subject: PythonCallbackRunner.Subject
    ) -> JSONObject {
        [
            "type": "DagCallbackRequest", "dag_id": .string(subject.run.key.dagID),
            "run_id": .string(subject.run.key.runID), "is_failure_callback": .bool(isFailure), "msg": .string(reason),
            "context_from_server": [
                "dag_run": .object(run(subject)), "last_ti": task.map { .object(instance($0, subject.run)) } ?? .null,
            ],
        ]
    }

    private static func task(
        _ task: CallbackTask, _ isRetry: Bool, _ message: String, _ subject: PythonCallbackRunner.Subject
    ) -> JSONObject {
        [
            "type": "TaskCallbackRequest", "ti": .object(instance(task, subject.run)), "msg": .string(message),
            "task_callback_type": isRetry ? "up_for_retry" : "failed", "context_from_server": context(task, subject),
        ]
    }

    private static func email(
        _ task: CallbackTask, _ isRetry: Bool, _ message: String, _ subject: PythonCallbackRunner.Subject
    ) -> JSONObject {
        [
            "type": "EmailRequest", "ti": .object(instance(task, subject.run)), "msg": .string(message),
            "email_type": isRetry ? "retry" : "failure", "context_from_server": context(task, subject),
        ]
    }

    private static func execute(
        _ callback: DeadlineCallback, _ context: DeadlineContext, _ subject: PythonCallbackRunner.Subject
    ) -> JSONValue {
        [
            "type": "ExecuteCallback", "path": .string(callback.path), "kwargs": .object(callback.kwargs),
            "context": context.json, "dag_rel_path": .string(subject.bundle.file),
            "bundle_path": .string(subject.bundle.path),
        ]
    }

    private static func run(_ subject: PythonCallbackRunner.Subject) -> JSONObject {
        WireForms.run(subject.run, consumed: subject.consumed)
    }

    private static func instance(_ task: CallbackTask, _ run: DAGRun) -> JSONObject {
        let version = task.dagVersionID ?? run.dagVersionID ?? UUID7(high: 0, low: 0)
        return [
            "id": .string(task.tryID.description), "task_id": .string(task.taskID), "dag_id": .string(run.key.dagID),
            "run_id": .string(run.key.runID), "try_number": .int(task.tryNumber),
            "dag_version_id": .string(version.description), "map_index": .int(task.mapIndex),
            "hostname": .string(task.hostname), "queue": .string(task.queue),
        ]
    }

    private static func context(_ task: CallbackTask, _ subject: PythonCallbackRunner.Subject) -> JSONValue {
        [
            "dag_run": .object(run(subject)), "max_tries": .int(task.maxTries), "task_reschedule_count": 0,
            "variables": [], "connections": [], "xcom_keys_to_clear": [], "start_date": WireForms.date(task.startDate),
        ]
    }
}
