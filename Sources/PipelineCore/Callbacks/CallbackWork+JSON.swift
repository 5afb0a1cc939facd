extension CallbackWork {
    /// What is stored beside ``kind``.
    package var data: JSONObject {
        switch self {
        case .dag(let isFailure, let reason, let task):
            ["is_failure": .bool(isFailure), "reason": .string(reason), "task": task.map { .object($0.json) } ?? .null]
        case .task(let task, let isRetry, let message), .email(let task, let isRetry, let message):
            ["task": .object(task.json), "is_retry": .bool(isRetry), "message": .string(message)]
        case .deadline(let callback, let id, let time):
            [
                "callback": .object(callback.json), "deadline_id": .string(id.description),
                "deadline_time": .string(time.isoFormat),
            ]
        case .webhook(let target, let body): ["target": .string(target), "body": .object(body)]
        }
    }

    /// `nil` where this is no work that is known.
    package init?(kind: String, data: JSONObject) {
        switch kind {
        case "dag":
            guard let isFailure = data["is_failure"]?.boolValue, let reason = data["reason"]?.stringValue else { return nil }
            self = .dag(isFailure: isFailure, reason: reason, task: data["task"].flatMap { CallbackTask($0) })
        case "task", "email":
            guard let task = data["task"].flatMap({ CallbackTask($0) }), let isRetry = data["is_retry"]?.boolValue,
                let message = data["message"]?.stringValue
            else { return nil }
            self = kind == "task" ? .task(task, isRetry: isRetry, message: message)
                : .email(task, isRetry: isRetry, message: message)
        case "deadline":
            guard let callback = data["callback"].flatMap({ DeadlineCallback($0) }),
                let id = data["deadline_id"]?.stringValue.flatMap({ UUID7($0) }),
                let time = data["deadline_time"]?.stringValue.flatMap({ Timestamp(iso8601: $0) })
            else { return nil }
            self = .deadline(callback, deadlineID: id, deadlineTime: time)
        case "webhook":
            guard let target = data["target"]?.stringValue, let body = data["body"]?.objectValue else { return nil }
            self = .webhook(target: target, body: body)
        default: return nil
        }
    }
}

extension CallbackTask {
    var json: JSONObject {
        [
            "id": .string(tryID.description), "task_id": .string(taskID), "map_index": .int(mapIndex),
            "try_number": .int(tryNumber), "max_tries": .int(maxTries),
            "dag_version_id": dagVersionID.map { .string($0.description) } ?? .null, "hostname": .string(hostname),
            "queue": .string(queue), "start_date": startDate.map { .string($0.isoFormat) } ?? .null,
        ]
    }

    init?(_ json: JSONValue) {
        guard let id = json["id"]?.stringValue.flatMap({ UUID7($0) }), let taskID = json["task_id"]?.stringValue,
            let mapIndex = json["map_index"]?.intValue, let tryNumber = json["try_number"]?.intValue,
            let maxTries = json["max_tries"]?.intValue
        else { return nil }
        (tryID, self.taskID, self.mapIndex) = (id, taskID, mapIndex)
        (self.tryNumber, self.maxTries) = (tryNumber, maxTries)
        dagVersionID = json["dag_version_id"]?.stringValue.flatMap { UUID7($0) }
        hostname = json["hostname"]?.stringValue ?? ""
        queue = json["queue"]?.stringValue ?? "default"
        startDate = json["start_date"]?.stringValue.flatMap { Timestamp(iso8601: $0) }
    }
}

extension DeadlineCallback {
    package var json: JSONObject { ["is_async": .bool(isAsync), "path": .string(path), "kwargs": .object(kwargs)] }

    package init?(_ json: JSONValue) {
        guard let isAsync = json["is_async"]?.boolValue, let path = json["path"]?.stringValue,
            let kwargs = json["kwargs"]?.objectValue
        else { return nil }
        self.init(isAsync: isAsync, path: path, kwargs: kwargs)
    }
}
