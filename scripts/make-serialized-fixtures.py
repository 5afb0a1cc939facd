"""Writes Tests/Fixtures/serialized/{decoder,examples}.jsonl and expected.jsonl.

Run it in an environment with apache-airflow 3.3 and its standard and cncf-kubernetes providers. Each line of the first
two is one serialized DAG, as Airflow's own serializer makes it: of source/decoder_dags.py, and of the example DAGs that
Airflow ships. Each line of the last is what Airflow's own decoder makes of one of them (or of one of the ser_*.json
beside it): the values that its scheduler works with.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////nonexistent/none.db")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "True"  # for the plugins of the examples
AIRFLOW = Path(__import__("airflow").__file__).parent
EXAMPLES = [AIRFLOW / "example_dags", *AIRFLOW.glob("providers/standard/example_dags")]

from airflow.dag_processing.dagbag import DagBag  # noqa: E402
from airflow.serialization import serialized_objects as so  # noqa: E402
from airflow.serialization.definitions.notset import is_arg_set  # noqa: E402
from airflow.serialization.encoders import encode_asset_like  # noqa: E402

FOLDER = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "serialized"


def without_places(data, folder: Path):
    """The document without paths of this machine."""
    text = json.dumps(data)
    for found, shown in ((str(folder), "/dags"), (sys.executable, "python3"), (sys.prefix, "/opt/venv")):
        text = text.replace(json.dumps(found)[1:-1], shown)
    return json.loads(text)


def serialized(folder: Path) -> list[dict]:
    bag = DagBag(str(folder), safe_mode=True, load_op_links=False, collect_dags=True)
    for path, error in bag.import_errors.items():
        print(f"{path}: {error}", file=sys.stderr)
    documents = [without_places(so.DagSerialization.to_dict(bag.dags[name]), folder) for name in sorted(bag.dags)]
    for document in documents:
        document["dag"]["_processor_dags_folder"] = "/dags"
    return documents


def seconds(value):
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return value


def plain(value):
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(member) for member in value)
    return value


def zone(value) -> str:
    name = getattr(value, "name", None) or str(value)
    return "UTC" if name in ("UTC", "+00:00") else name


def timetable(value) -> dict:
    kind = type(value).__name__
    answer = {"type": kind}
    if kind in ("CronTriggerTimetable", "CronDataIntervalTimetable"):
        answer |= {"expression": value._expression, "timezone": zone(value._timezone)}
    if kind == "CronTriggerTimetable":
        answer |= {"interval": delta(value._interval), "run_immediately": seconds(value._run_immediately)}
    if kind == "MultipleCronTriggerTimetable":
        one = value._timetables[0]
        answer |= {"expressions": [t._expression for t in value._timetables], "timezone": zone(one._timezone),
                   "interval": delta(one._interval), "run_immediately": seconds(one._run_immediately)}
    if any(answer.get("interval", {}).get(part) for part in ("years", "months", "days")):
        return {"type": kind}  # Left to Python.
    if kind in ("DeltaTriggerTimetable", "DeltaDataIntervalTimetable"):
        answer["delta"] = delta(value._delta)
    if kind == "DeltaTriggerTimetable":
        answer["interval"] = delta(value._interval)
    if answer.get("delta", {}).get("custom"):
        return {"type": kind}  # Left to Python.
    if kind == "EventsTimetable":
        answer |= {"dates": [seconds(d) for d in value.event_dates], "restrict": value.restrict_to_events}
    if kind in ("AssetTriggeredTimetable", "AssetOrTimeSchedule"):
        answer["condition"] = encode_asset_like(value.asset_condition)
    if kind == "AssetOrTimeSchedule":
        answer["timetable"] = timetable(value.timetable)
    return answer


def delta(value) -> dict:
    if isinstance(value, datetime.timedelta):
        return {"years": 0, "months": 0, "days": 0, "seconds": value.total_seconds()}
    if value.weekday or value.leapdays:
        return {"custom": True}
    rest = value.hours * 3600 + value.minutes * 60 + value.seconds + value.microseconds / 1e6
    return {"years": value.years, "months": value.months, "days": value.days, "seconds": rest}


def xcom(value) -> dict:
    kind = type(value).__name__
    if kind == "SchedulerPlainXComArg":
        return {"task_id": value.operator.task_id, "key": value.key}
    if kind == "SchedulerMapXComArg":
        return {"map": xcom(value.arg)}
    if kind == "SchedulerConcatXComArg":
        return {"concat": [xcom(arg) for arg in value.args]}
    answer = {"zip": [xcom(arg) for arg in value.args]}
    return answer | ({"fillvalue": value.fillvalue} if is_arg_set(value.fillvalue) else {})


def source(value):
    return {"xcom": xcom(value)} if type(value).__name__.startswith("Scheduler") else {"literal": plain(value)}


def expand_input(value) -> dict:
    if value.EXPAND_INPUT_TYPE == "dict-of-lists":
        return {"dict-of-lists": {key: source(member) for key, member in value.value.items()}}
    return {"list-of-dicts": source(value.value)}


def group(value) -> dict:
    children = {}
    for label, child in value.children.items():
        children[label] = group(child) if hasattr(child, "children") else child.task_id
    answer = {"id": value.group_id, "children": children}
    if hasattr(value, "_expand_input"):
        answer["expand"] = expand_input(value._expand_input)
    return answer


def weight_rule(value) -> str:
    names = {"_DownstreamPriorityWeightStrategy": "downstream", "_UpstreamPriorityWeightStrategy": "upstream",
             "_AbsolutePriorityWeightStrategy": "absolute"}
    kind = type(value)
    return names.get(kind.__name__) or f"{kind.__module__}.{kind.__qualname__}"


SAME = ("trigger_rule retries queue pool pool_slots priority_weight owner executor is_setup is_teardown "
        "on_failure_fail_dagrun depends_on_past wait_for_downstream ignore_first_depends_on_past "
        "wait_for_past_depends_before_skipping max_active_tis_per_dag max_active_tis_per_dagrun map_index_template "
        "retry_exponential_backoff has_retry_policy").split()


def groups_of(operator) -> tuple[list[str], str | None]:
    found, mapped, parent = [], None, operator.task_group
    while parent is not None and parent.group_id:
        found.insert(0, parent.group_id)
        if hasattr(parent, "_expand_input"):
            mapped = mapped or parent.group_id
        parent = parent.parent_group
    return found, mapped


def asset(value) -> dict:
    """Airflow leaves the assets of a mapped operator encoded."""
    return encode_asset_like(so.BaseSerialization.deserialize(value) if isinstance(value, dict) else value)


def task(operator) -> dict:
    from airflow.models.taskinstance import TaskInstance

    # A mapped operator keeps what it has no attribute for among its partial arguments.
    given = getattr(operator, "partial_kwargs", {})
    answer = {name: plain(getattr(operator, name, given.get(name, False))) for name in SAME}
    for name in ("retry_delay", "max_retry_delay", "execution_timeout", "start_date", "end_date"):
        answer[name] = seconds(getattr(operator, name))
    if operator.wait_for_downstream:
        answer["depends_on_past"] = True
    groups, mapped_group = groups_of(operator)
    return answer | {
        "task_type": operator.task_type, "module": operator._task_module,
        "weight_rule": weight_rule(operator.weight_rule),
        "upstream": sorted(operator.upstream_task_ids), "downstream": sorted(operator.downstream_task_ids),
        "empty": not TaskInstance.is_task_schedulable(operator),
        "inlets": [asset(value) for value in operator.inlets],
        "outlets": [asset(value) for value in operator.outlets],
        "can_skip_downstream": bool(operator.inherits_from_skipmixin),
        "template_fields": list(operator.template_fields),
        "expand": expand_input(operator._get_specified_expand_input()) if operator.is_mapped else None,
        "groups": groups, "mapped_group": mapped_group,
    }


def param(value) -> dict:
    answer = {"schema": plain(value.schema), "description": value.description}
    return answer | ({"value": plain(value.value)} if is_arg_set(value.value) else {})


DAG_FIELDS = ("dag_id description doc_md catchup max_active_runs max_active_tasks max_consecutive_failed_dag_runs "
              "fail_fast is_paused_upon_creation render_template_as_native_obj fileloc relative_fileloc "
              "has_on_success_callback has_on_failure_callback").split()


def expected(document: dict) -> dict:
    document = json.loads(json.dumps(document))
    arguments = document["dag"]["timetable"]["__var"]
    if "event_dates" in arguments:
        arguments.setdefault("_summary", "")  # Airflow 3.3.2 reads a key that its serializer does not write.
    dag = so.DagSerialization.from_dict(document)
    answer = {name: getattr(dag, name) for name in DAG_FIELDS}
    for name in ("start_date", "end_date", "dagrun_timeout"):
        answer[name] = seconds(getattr(dag, name))
    answer["display_name"] = dag.dag_display_name
    answer["timezone"] = zone(dag.timezone)
    answer["tags"] = sorted(dag.tags or [])
    types = getattr(dag, "allowed_run_types", None)
    answer["allowed_run_types"] = sorted(str(getattr(kind, "value", kind)) for kind in types) if types else None
    answer["params"] = [[name, param(value)] for name, value in dag.params.items()]
    answer["timetable"] = timetable(dag.timetable)
    answer["groups"] = group(dag.task_group)
    answer["tasks"] = {name: task(operator) for name, operator in dag.task_dict.items()}
    return answer


def write(name: str, documents: list[dict]) -> None:
    lines = (json.dumps(document, ensure_ascii=False, separators=(",", ":")) for document in documents)
    (FOLDER / name).write_text("".join(f"{line}\n" for line in lines))


def main() -> None:
    decoder = serialized(FOLDER / "source")
    examples = [document for folder in EXAMPLES for document in serialized(folder)]
    given = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("ser_*.json"))]
    write("decoder.jsonl", decoder)
    write("examples.jsonl", examples)
    write("expected.jsonl", [expected(document) for document in (*given, *decoder, *examples)])


if __name__ == "__main__":
    main()
