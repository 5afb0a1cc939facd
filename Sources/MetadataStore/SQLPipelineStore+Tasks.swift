package import PipelineCore

extension SQLPipelineStore {
    package func taskInstances(_ filter: TaskFilter) async throws -> [TaskInstance] {
        let conditions = conditions(filter)
        let statement = database.library.compose("SelectTasks", conditions.map(\.name))
        return try await tasks(statement, conditions.flatMap(\.values), table: "task_instance")
    }

    package func taskInstance(id: UUID7) async throws -> TaskInstance? {
        try await tasks(database.library["SelectTask"], [.uuid(id)], table: "task_instance").first
    }

    package func history(_ key: TaskInstanceKey) async throws -> [TaskInstance] {
        try await tasks(database.library["SelectHistory"], key.row, table: "task_instance_history")
    }

    package func reschedules(tryID: UUID7) async throws -> [TaskReschedule] {
        try await rows("SelectReschedules", [.uuid(tryID)], table: "task_reschedule", keyLength: 2) {
            try TaskReschedule(&$0)
        }
    }

    package func setRenderedFields(_ fields: JSONObject, of key: TaskInstanceKey) async throws {
        try await write("SetRenderedFields", key.row + [.json(JSONValue.object(fields))])
    }

    package func renderedFields(of key: TaskInstanceKey) async throws -> JSONObject? {
        try await rows(
            "SelectRenderedFields", key.row, table: "rendered_task_instance_fields", keyLength: 4
        ) { row in
            _ = try TaskInstanceKey(&row)
            return try row.object()
        }.first
    }

    private func tasks(
        _ statement: SQLStatement, _ values: [SQLValue], table: String
    ) async throws -> [TaskInstance] {
        try await rows(statement, values, table: table, keyLength: 5) { try TaskInstance(&$0) }
    }

    private func conditions(_ filter: TaskFilter) -> [Condition] {
        [
            filter.run.map { Condition(name: "tasks.run", values: [.text($0.dagID), .text($0.runID)]) },
            Condition("tasks.dagID", filter.dagID), Condition("tasks.runIDs", filter.runIDs),
            Condition("tasks.logicalDates", filter.logicalDates), Condition("tasks.taskIDs", filter.taskIDs),
            filter.mapIndex.map { Condition(name: "tasks.mapIndex", values: [.int($0)]) },
            Condition("tasks.states", filter.states.map(\.rawValue)),
        ].compactMap(\.self)
    }
}

extension SQLPipelineStore {
    package func setXCom(_ xcom: XCom) async throws {
        let value = String(decoding: try Self.encodedValue(of: xcom), as: UTF8.self)
        try await write(
            "SetXCom",
            xcom.task.row + [.text(xcom.key), .text(value), .int(xcom.mappedLength), .timestamp(xcom.timestamp)])
    }

    package func xcom(_ task: TaskInstanceKey, key: String) async throws -> XCom? {
        try await xcoms(database.library["SelectXCom"], task.row + [.text(key)]).first
    }

    package func xcoms(run: RunKey, taskIDs: [String]?, key: String?) async throws -> [XCom] {
        let conditions = [
            taskIDs.map { Condition(name: "xcoms.taskIDs", values: [.texts($0)]) }, Condition("xcoms.key", key),
        ].compactMap(\.self)
        let statement = database.library.compose("SelectXComs", conditions.map(\.name))
        return try await xcoms(statement, [.text(run.dagID), .text(run.runID)] + conditions.flatMap(\.values))
    }

    package func latestXCom(_ task: TaskInstanceKey, key: String) async throws -> XCom? {
        try await xcoms(database.library["SelectLatestXCom"], task.row + [.text(key)]).first
    }

    package func deleteXCom(_ task: TaskInstanceKey, key: String) async throws {
        try await write("DeleteXCom", task.row + [.text(key)])
    }

    private func xcoms(_ statement: SQLStatement, _ values: [SQLValue]) async throws -> [XCom] {
        try await rows(statement, values, table: "xcom", keyLength: 5) { try XCom(&$0) }
    }
}
