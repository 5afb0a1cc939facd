extension StoreTaskService {
    package func setXCom(_ xcom: XCom) async throws {
        try await store.setXCom(xcom)
        if let notice = XComNotice(of: xcom) { inbox.post(.xcomPushed(xcom.task, notice)) }
    }

    package func xcom(_ task: TaskInstanceKey, key: String, includePriorDates: Bool) async throws -> JSONValue? {
        includePriorDates
            ? try await store.latestXCom(task, key: key)?.value
            : try await store.xcom(task, key: key)?.value
    }

    package func xcomCount(run: RunKey, taskID: String, key: String) async throws -> Int {
        try await store.xcoms(run: run, taskIDs: [taskID], key: key).count
    }

    package func xcomItem(run: RunKey, taskID: String, key: String, offset: Int) async throws -> JSONValue? {
        let values = try await store.xcoms(run: run, taskIDs: [taskID], key: key).map(\.value)
        let position = offset < 0 ? values.count + offset : offset
        return values.indices.contains(position) ? values[position] : nil
    }

    package func xcomSlice(
        run: RunKey, taskID: String, key: String, start: Int?, stop: Int?, step: Int?, includePriorDates: Bool
    ) async throws -> [JSONValue] {
        var values = try await store.xcoms(run: run, taskIDs: [taskID], key: key).map(\.value)
        if values.isEmpty, includePriorDates {
            let task = TaskInstanceKey(run: run, taskID: taskID)
            values = try await store.latestXCom(task, key: key).map { [$0.value] } ?? []
        }
        return try PythonSlice(start: start, stop: stop, step: step).applied(to: values)
    }

    package func deleteXCom(_ task: TaskInstanceKey, key: String) async throws {
        try await store.deleteXCom(task, key: key)
    }
}

/// `values[start:stop:step]` as Python means it.
struct PythonSlice {
    let start: Int?
    let stop: Int?
    let step: Int?

    func applied<Value>(to values: [Value]) throws(TaskServiceError) -> [Value] {
        let step = step ?? 1
        guard step != 0 else {
            throw TaskServiceError(.invalid, reason: "invalid_slice", "slice step cannot be zero")
        }
        let count = values.count
        let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
        func bound(_ value: Int?, default fallback: Int) -> Int {
            guard let value else { return fallback }
            return min(max(value < 0 ? value + count : value, low), high)
        }
        let first = bound(start, default: step > 0 ? 0 : count - 1)
        let end = bound(stop, default: step > 0 ? count : -1)
        return stride(from: first, to: end, by: step).map { values[$0] }
    }
}
