import PipelineCore

/// A decoded DAG in the words of `expected.jsonl`, to compare with what Airflow's own decoder made.
struct DecodedDAG {
    let dag: DAG

    var json: JSONValue {
        let header = dag.header
        return [
            "dag_id": .string(header.id), "description": text(header.description),
            "doc_md": text(header.docMarkdown), "catchup": .bool(header.catchup),
            "max_active_runs": .int(header.maxActiveRuns), "max_active_tasks": .int(header.maxActiveTasks),
            "max_consecutive_failed_dag_runs": .int(header.maxConsecutiveFailedRuns),
            "fail_fast": .bool(header.failFast),
            "is_paused_upon_creation": header.isPausedUponCreation.map { .bool($0) } ?? .null,
            "render_template_as_native_obj": .bool(header.renderTemplateAsNativeObject),
            "fileloc": .string(header.fileLocation), "relative_fileloc": .string(header.relativeFileLocation),
            "has_on_success_callback": .bool(header.hasOnSuccessCallback),
            "has_on_failure_callback": .bool(header.hasOnFailureCallback),
            "start_date": instant(header.startDate), "end_date": instant(header.endDate),
            "dagrun_timeout": span(header.dagRunTimeout),
            "display_name": .string(header.displayName ?? header.id), "timezone": .string(header.timezone),
            "tags": .array(header.tags.sorted().map { .string($0) }),
            "allowed_run_types": header.allowedRunTypes.map {
                .array($0.map(\.rawValue).sorted().map { .string($0) })
            } ?? .null,
            "params": .array(header.params.map { [.string($0.name), param($0)] }),
            "timetable": timetable(header.timetable), "groups": group(dag.rootGroup),
            "tasks": .object(JSONObject(dag.tasks.map { ($0.id, task($0)) })),
        ]
    }

    private func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    private func number(_ value: Int?) -> JSONValue { value.map { .int($0) } ?? .null }
    private func instant(_ value: Timestamp?) -> JSONValue { value.map { .double($0.seconds) } ?? .null }
    private func span(_ value: Duration?) -> JSONValue { value.map { .double($0.inSeconds) } ?? .null }
    private func texts(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }

    private func param(_ param: DAGParam) -> JSONValue {
        var object: JSONObject = ["schema": .object(param.schema), "description": text(param.description)]
        object["value"] = param.value
        return .object(object)
    }

    private func timetable(_ definition: TimetableDefinition) -> JSONValue {
        switch definition {
        case .null: ["type": "NullTimetable"]
        case .once: ["type": "OnceTimetable"]
        case .continuous: ["type": "ContinuousTimetable"]
        case .cronTrigger(let expression, let timezone, let interval, let immediately):
            [
                "type": "CronTriggerTimetable", "expression": .string(expression), "timezone": .string(timezone),
                "interval": delta(.init(duration: interval)), "run_immediately": runImmediately(immediately),
            ]
        case .multipleCronTrigger(let expressions, let timezone, let interval, let immediately):
            [
                "type": "MultipleCronTriggerTimetable", "expressions": texts(expressions),
                "timezone": .string(timezone), "interval": delta(.init(duration: interval)),
                "run_immediately": runImmediately(immediately),
            ]
        case .cronDataInterval(let expression, let timezone):
            [
                "type": "CronDataIntervalTimetable", "expression": .string(expression), "timezone": .string(timezone),
            ]
        case .deltaTrigger(let step, let interval):
            ["type": "DeltaTriggerTimetable", "delta": delta(step), "interval": delta(interval)]
        case .deltaDataInterval(let step): ["type": "DeltaDataIntervalTimetable", "delta": delta(step)]
        case .events(let dates, let restrict, _):
            ["type": "EventsTimetable", "dates": .array(dates.map { instant($0) }), "restrict": .bool(restrict)]
        case .assetTriggered(let condition): ["type": "AssetTriggeredTimetable", "condition": condition]
        case .assetOrTime(let condition, let inner):
            ["type": "AssetOrTimeSchedule", "condition": condition, "timetable": timetable(inner)]
        case .cronPartition: ["type": "CronPartitionTimetable"]
        case .partitionedAsset: ["type": "PartitionedAssetTimetable"]
        case .partitionedAtRuntime: ["type": "PartitionedAtRuntime"]
        case .custom(let path, _): ["type": .string(path.split(separator: ".").last.map(String.init) ?? "")]
        }
    }

    private func delta(_ delta: TimetableDefinition.TimeDelta) -> JSONValue {
        [
            "years": .int(delta.years), "months": .int(delta.months), "days": .int(delta.days),
            "seconds": .double(delta.duration.inSeconds),
        ]
    }

    private func runImmediately(_ value: TimetableDefinition.RunImmediately) -> JSONValue {
        switch value {
        case .never: false
        case .always: true
        case .within(let span): .double(span.inSeconds)
        }
    }

    private func group(_ group: TaskGroup) -> JSONValue {
        let children = group.children.map { child -> (String, JSONValue) in
            switch child {
            case .task(let id): (id, .string(id))
            case .group(let inner): (inner.id ?? "", self.group(inner))
            }
        }
        var object: JSONObject = ["id": text(group.id), "children": .object(JSONObject(children))]
        if let input = group.expandInput { object["expand"] = expand(input) }
        return .object(object)
    }

    private func expand(_ input: ExpandInput) -> JSONValue {
        switch input {
        case .dictOfLists(let arguments):
            ["dict-of-lists": .object(JSONObject(arguments.map { ($0.name, source($0.source)) }))]
        case .listOfDicts(let elements): ["list-of-dicts": source(elements)]
        }
    }

    private func source(_ source: ExpandInput.Source) -> JSONValue {
        switch source {
        case .literal(let value): ["literal": value]
        case .xcom(let reference): ["xcom": xcom(reference)]
        }
    }

    private func xcom(_ reference: XComReference) -> JSONValue {
        switch reference {
        case .plain(let taskID, let key): return ["task_id": .string(taskID), "key": .string(key)]
        case .map(let argument, _): return ["map": xcom(argument)]
        case .concat(let arguments): return ["concat": .array(arguments.map(xcom))]
        case .zip(let arguments, let fill):
            var object: JSONObject = ["zip": .array(arguments.map(xcom))]
            object["fillvalue"] = fill
            return .object(object)
        }
    }

    private func weightRule(_ rule: WeightRule) -> JSONValue {
        switch rule {
        case .downstream: "downstream"
        case .upstream: "upstream"
        case .absolute: "absolute"
        case .custom(let path, _): .string(path)
        }
    }

    private func task(_ task: TaskDefinition) -> JSONValue {
        [
            "trigger_rule": .string(task.triggerRule.rawValue), "retries": .int(task.retry.retries),
            "queue": .string(task.queue), "pool": .string(task.pool), "pool_slots": .int(task.poolSlots),
            "priority_weight": .int(task.priorityWeight), "owner": .string(task.owner),
            "executor": text(task.executor), "is_setup": .bool(task.isSetup), "is_teardown": .bool(task.isTeardown),
            "on_failure_fail_dagrun": .bool(task.onFailureFailDagRun),
            "depends_on_past": .bool(task.dependsOnPast), "wait_for_downstream": .bool(task.waitForDownstream),
            "ignore_first_depends_on_past": .bool(task.ignoreFirstDependsOnPast),
            "wait_for_past_depends_before_skipping": .bool(task.waitForPastDependsBeforeSkipping),
            "max_active_tis_per_dag": number(task.maxActiveTIsPerDag),
            "max_active_tis_per_dagrun": number(task.maxActiveTIsPerDagRun),
            "map_index_template": text(task.mapIndexTemplate),
            "retry_exponential_backoff": .double(task.retry.exponentialBackoff),
            "has_retry_policy": .bool(task.retry.hasPolicy), "retry_delay": span(task.retry.delay),
            "max_retry_delay": span(task.retry.maximumDelay), "execution_timeout": span(task.executionTimeout),
            "start_date": instant(task.startDate), "end_date": instant(task.endDate),
            "task_type": .string(task.operatorName), "module": .string(task.operatorModule),
            "weight_rule": weightRule(task.weightRule), "upstream": texts(task.upstream),
            "downstream": texts(task.downstream), "empty": .bool(task.isEmpty), "inlets": .array(task.inlets),
            "outlets": .array(task.outlets), "can_skip_downstream": .bool(task.canSkipDownstream),
            "template_fields": texts(task.templateFields), "expand": task.expandInput.map(expand) ?? .null,
            "groups": texts(task.groupIDs), "mapped_group": text(task.mappedGroupID),
        ]
    }
}
