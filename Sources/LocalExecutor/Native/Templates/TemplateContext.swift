import Jinja
import PipelineCore

/// The names that Airflow's templates see. What is not modelled is unsupported, never undefined.
/// Source: Airflow 3.3 `sdk/execution_time/task_runner.py` (`get_template_context`).
struct TemplateContext {
    let launch: TaskLaunch
    let setup: LocalExecutorSetup
    let fetched: FetchedValues

    func make() throws -> JinjaContext {
        var values = try dates()
        values["run_id"] = .string(launch.run.key.runID)
        values["partition_key"] = Self.partitionKey(launch.run)
        values["partition_date"] = launch.run.partitionDate.map(Self.moment) ?? JinjaValue.none
        values["params"] = JinjaJSON.value(.object(try params()))
        values["dag_run"] = try dagRun()
        values["dag"] = dag()
        values["task"] = task()
        values["ti"] = taskInstance()
        values["task_instance"] = values["ti"]
        values["var"] = variables()
        values["conn"] = connections()
        values["macros"] = .object(JinjaMacros())
        values["map_index_template"] = launch.task.mapIndexTemplate.map(JinjaValue.string) ?? JinjaValue.none
        values["task_reschedule_count"] = .int(launch.rescheduleCount)
        return JinjaContext(values) { name in try lazy(name) }
    }

    /// Names that exist in Airflow but are left to Python; all others are undefined there too.
    private static let pythonOnly: Set<String> = [
        "inlets", "outlets", "inlet_events", "outlet_events", "triggering_asset_events", "task_state_store",
        "asset_state_store", "prev_data_interval_start_success", "prev_data_interval_end_success",
        "prev_start_date_success", "prev_end_date_success", "expanded_ti_count",
        "templates_dict", "test_mode", "exception", "reason", "try_number", "conf",
    ]

    private func lazy(_ name: String) throws -> JinjaValue? {
        if Self.pythonOnly.contains(name) { throw unsupported("the context variable \(name)") }
        return nil
    }

    private func params() throws -> JSONObject {
        do {
            return try ParamsValidator.resolve(launch.dag.header.params, conf: launch.run.conf)
        } catch {
            throw NativeFailure(.failure, "\(error)")
        }
    }

    /// `ds`, `ts` and their like exist only where there is a logical date.
    private func dates() throws -> [String: JinjaValue] {
        let runKey = launch.run.key
        let prefix = "\(runKey.dagID)__\(launch.task.id)__"
        guard let logicalDate = launch.run.logicalDate else {
            return ["task_instance_key_str": .string(prefix + runKey.runID)]
        }
        var values = try AirflowDateContext.values(
            logicalDate: JinjaDateTime(unixMicroseconds: Int(logicalDate.microseconds), zone: .pendulumUTC))
        let civil = CivilDate(logicalDate)
        let day = [civil.year.padded(4), civil.month.padded(2), civil.day.padded(2)].joined()
        values["task_instance_key_str"] = .string(prefix + day)
        if let start = launch.run.dataIntervalStart { values["data_interval_start"] = Self.moment(start) }
        if let end = launch.run.dataIntervalEnd { values["data_interval_end"] = Self.moment(end) }
        return values
    }

    private static func partitionKey(_ run: DAGRun) -> JinjaValue {
        run.partitionKey.map(JinjaValue.string) ?? JinjaValue.none
    }

    static func moment(_ instant: Timestamp) -> JinjaValue {
        .datetime(JinjaDateTime(unixMicroseconds: Int(instant.microseconds), zone: .pendulumUTC))
    }

    /// The run's own dates are Python's datetimes, those of the context pendulum's.
    private static func plain(_ instant: Timestamp?) -> JinjaValue {
        guard let instant else { return .none }
        return .datetime(
            JinjaDateTime(unixMicroseconds: Int(instant.microseconds), zone: .pythonUTC, flavor: .python))
    }

    /// `run_type` is missing on purpose: an enumeration prints unlike its value, so it is left to Python.
    private func dagRun() throws -> JinjaValue {
        let run = launch.run
        let attributes: [String: JinjaValue] = [
            "dag_id": .string(run.key.dagID), "run_id": .string(run.key.runID),
            "conf": JinjaJSON.value(.object(run.conf)), "logical_date": Self.plain(run.logicalDate),
            "data_interval_start": Self.plain(run.dataIntervalStart),
            "data_interval_end": Self.plain(run.dataIntervalEnd), "run_after": Self.plain(run.runAfter),
            "start_date": Self.plain(run.startDate), "partition_key": Self.partitionKey(run),
            "partition_date": Self.plain(run.partitionDate),
        ]
        return .object(JinjaRecord(typeName: "DagRun object", attributes: attributes))
    }

    private func dag() -> JinjaValue {
        let header = launch.dag.header
        let attributes: [String: JinjaValue] = [
            "dag_id": .string(header.id), "dag_display_name": .string(header.displayName ?? header.id),
            "description": header.description.map(JinjaValue.string) ?? JinjaValue.none,
            "fileloc": .string(header.fileLocation), "catchup": .bool(header.catchup),
        ]
        return .object(
            JinjaRecord(typeName: "DAG object", attributes: attributes, text: "<DAG: \(header.id)>"))
    }

    private func task() -> JinjaValue {
        let task = launch.task
        let attributes: [String: JinjaValue] = [
            "task_id": .string(task.id), "owner": .string(task.owner), "task_type": .string(task.operatorName),
            "retries": .int(task.retry.retries), "pool": .string(task.pool), "queue": .string(task.queue),
            "dag_id": .string(launch.dag.id),
        ]
        return .object(
            JinjaRecord(
                typeName: "\(task.operatorName) object", attributes: attributes,
                text: "<Task(\(task.operatorName)): \(task.id)>"))
    }

    private func taskInstance() -> JinjaValue {
        let instance = launch.instance
        let attributes: [String: JinjaValue] = [
            "task_id": .string(instance.taskID), "dag_id": .string(instance.key.run.dagID),
            "run_id": .string(instance.key.run.runID), "try_number": .int(instance.tryNumber),
            "map_index": .int(instance.mapIndex), "max_tries": .int(instance.maxTries), "task": task(),
            "hostname": .string(setup.hostname),
            "xcom_pull": .object(XComPull(launch: launch, fetched: fetched).function),
        ]
        return .object(JinjaRecord(typeName: "RuntimeTaskInstance object", attributes: attributes))
    }

    private func variables() -> JinjaValue {
        let value = JinjaLookup(typeName: "VariableAccessor object") { key in .string(try variable(key)) }
        let json = JinjaLookup(typeName: "VariableAccessor object") { key in
            do {
                return JinjaJSON.value(try JSONValue.parse(try variable(key)))
            } catch let error as JSONParseError {
                throw NativeFailure(
                    .failure, "variable '\(key)' is not JSON: \(error)", exception: "JSONDecodeError")
            }
        }
        return .dict([("json", .object(json)), ("value", .object(value))])
    }

    private func variable(_ key: String) throws -> String {
        // `var.value.get(key, default)` is a method of the accessor, not a variable.
        if key == "get" { throw unsupported("var.value.get") }
        guard case .text(let text) = try fetched.answer(.variable(key)) else { return "" }
        guard let text else {
            throw NativeFailure(
                .failure, "VARIABLE_NOT_FOUND: {'message': 'Variable \(key) not found'}",
                exception: "AirflowRuntimeError")
        }
        return text
    }

    private func connections() -> JinjaValue {
        .object(
            JinjaLookup(typeName: "ConnectionAccessor object") { id in
                if id == "get" { throw unsupported("conn.get") }
                guard case .connection(let connection) = try fetched.answer(.connection(id)) else { return nil }
                guard let connection else {
                    throw NativeFailure(
                        .failure, "The conn_id `\(id)` isn't defined", exception: "AirflowNotFoundException")
                }
                return .object(JinjaConnection.record(connection))
            })
    }
}
