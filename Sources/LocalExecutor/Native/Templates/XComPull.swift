import Jinja
import PipelineCore

/// `ti.xcom_pull(...)` in a template. Source: Airflow 3.3 `sdk/execution_time/task_runner.py` (`xcom_pull`).
struct XComPull {
    let launch: TaskLaunch
    let fetched: FetchedValues

    private struct Arguments {
        var taskIDs: [String]
        var isSingle: Bool
        var run: RunKey
        var key: String
        var includePriorDates: Bool
        var mapIndex: Int?
        var fallback: JinjaValue
    }

    var function: JinjaFunction { JinjaFunction("xcom_pull") { try pull($0) } }

    private func pull(_ arguments: JinjaArguments) throws -> JinjaValue {
        let arguments = try bound(arguments)
        var values: [JinjaValue] = []
        for taskID in arguments.taskIDs { values += try pulled(taskID, arguments) }
        return arguments.isSingle && values.count == 1 ? values[0] : .list(values)
    }

    private func pulled(_ taskID: String, _ arguments: Arguments) throws -> [JinjaValue] {
        if let mapIndex = arguments.mapIndex {
            let task = TaskInstanceKey(run: arguments.run, taskID: taskID, mapIndex: mapIndex)
            let request = FetchedValues.Request.xcom(
                task, key: arguments.key, includePriorDates: arguments.includePriorDates)
            guard case .value(let value?) = try fetched.answer(request) else { return [arguments.fallback] }
            return [try decoded(value)]
        }
        let request = FetchedValues.Request.xcoms(
            run: arguments.run, taskID: taskID, key: arguments.key, includePriorDates: arguments.includePriorDates)
        guard case .values(let values) = try fetched.answer(request), !values.isEmpty else { return [.none] }
        return try values.map(decoded)
    }

    private func decoded(_ value: JSONValue) throws -> JinjaValue {
        guard SerdeJSON.isPlain(value) else { throw unsupported("an XCom that holds a Python object") }
        return JinjaJSON.value(value)
    }

    private func bound(_ arguments: JinjaArguments) throws -> Arguments {
        let names = [
            "task_ids", "dag_id", "key", "include_prior_dates", "map_indexes", "default", "run_id", "session",
        ]
        let given = try arguments.bind("xcom_pull", names)
        let (taskIDs, isSingle) = try taskIDs(given[0])
        let run = RunKey(
            dagID: try text(given[1]) ?? launch.run.key.dagID, runID: try text(given[6]) ?? launch.run.key.runID)
        var prior = false
        if case .bool(true)? = given[3] { prior = true }
        return Arguments(
            taskIDs: taskIDs, isSingle: isSingle, run: run, key: try text(given[2]) ?? XCom.returnKey,
            includePriorDates: prior, mapIndex: try mapIndex(given[4]), fallback: given[5] ?? .none)
    }

    private func taskIDs(_ value: JinjaValue?) throws -> ([String], Bool) {
        switch value {
        case nil, JinjaValue.none?: return ([launch.task.id], true)
        case .string(let id)?: return ([id], true)
        case .list(let list)?: return (try list.items.map { try text($0) ?? "" }, false)
        case .tuple(let items)?: return (try items.map { try text($0) ?? "" }, false)
        default: throw unsupported("task_ids of this type")
        }
    }

    private func mapIndex(_ value: JinjaValue?) throws -> Int? {
        switch value {
        case nil: return nil
        case .int(let index)?: return index
        case JinjaValue.none?: return TaskInstanceKey.unmapped
        default: throw unsupported("several map_indexes")
        }
    }

    private func text(_ value: JinjaValue?) throws -> String? {
        switch value {
        case nil, JinjaValue.none?: return nil
        case .string(let text)?: return text
        default: throw unsupported("an argument that is no text")
        }
    }
}
