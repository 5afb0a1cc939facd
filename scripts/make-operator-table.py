"""Writes Sources/DAGParsing/Resources/operators.json: the stock operators that a dag.yaml may use without Python.

Run it in an environment with apache-airflow 3.3 and its standard and cncf-kubernetes providers, from the root of the
repository. For each operator the table holds its class, what Airflow's serializer writes for it, the arguments that a
dag.yaml may give, with their kinds, and the attributes of an instance and of its constructor as the reader hands them
over (Sources/PythonHost/Resources/native.py), so that a DAG in YAML decodes to the same value as one in Python.
"""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import sys
from pathlib import Path

os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
ROOT = Path(__file__).resolve().parent.parent


def load_native():
    """The reader's module, which belongs to a package without a fixed name."""
    folder = ROOT / "Sources" / "PythonHost" / "Resources"
    spec = importlib.util.spec_from_file_location(
        "host", folder / "__init__.py", submodule_search_locations=[str(folder)])
    sys.modules["host"] = importlib.util.module_from_spec(spec)
    return importlib.import_module("host.native")


SENSOR = {"poke_interval": "seconds", "timeout": "seconds", "soft_fail": "bool", "mode": "mode",
          "exponential_backoff": "bool", "max_wait": "duration", "silent_fail": "bool", "never_fail": "bool"}
BRANCH = {"follow_task_ids_if_true": "string_or_list", "follow_task_ids_if_false": "string_or_list",
          "use_task_logical_date": "bool"}
POD = {
    "image": "string", "name": "string", "namespace": "string", "cmds": "strings", "arguments": "strings",
    "env_vars": "string_map", "labels": "string_map", "annotations": "string_map", "node_selector": "string_map",
    "random_name_suffix": "bool", "in_cluster": "bool", "cluster_context": "string", "config_file": "string",
    "kubernetes_conn_id": "string", "reattach_on_restart": "bool", "startup_timeout_seconds": "int",
    "startup_check_interval_seconds": "int", "schedule_timeout_seconds": "int", "get_logs": "bool",
    "container_logs": "any", "init_container_logs": "any", "base_container_name": "string",
    "image_pull_policy": "string", "image_pull_secrets": "objects", "service_account_name": "string",
    "automount_service_account_token": "bool", "hostnetwork": "bool", "host_aliases": "objects",
    "security_context": "object", "container_security_context": "object", "dnspolicy": "string",
    "dns_config": "object", "hostname": "string", "subdomain": "string", "schedulername": "string",
    "tolerations": "objects", "affinity": "object", "volumes": "objects", "volume_mounts": "objects",
    "ports": "objects", "env_from": "objects", "configmaps": "strings", "container_resources": "object",
    "log_events_on_failure": "bool", "priority_class_name": "string", "runtime_class_name": "string",
    "termination_grace_period": "int", "active_deadline_seconds": "int", "skip_on_exit_code": "ints",
    "on_finish_action": "string", "termination_message_policy": "string", "deferrable": "bool",
    "poll_interval": "number", "logging_interval": "int", "log_pod_spec_on_failure": "bool",
}
EXTERNAL = {"external_dag_id": "string", "external_task_id": "string", "external_task_ids": "strings",
            "external_task_group_id": "string", "allowed_states": "strings", "skipped_states": "strings",
            "failed_states": "strings", "execution_delta": "duration", "check_existence": "bool",
            "poll_interval": "number", "deferrable": "bool"}
TRIGGER = {"trigger_dag_id": "string", "trigger_run_id": "string", "conf": "object", "logical_date": "string",
           "reset_dag_run": "bool", "wait_for_completion": "bool", "poke_interval": "int", "allowed_states": "strings",
           "failed_states": "strings", "skip_when_already_exists": "bool", "fail_when_dag_is_paused": "bool",
           "note": "string", "deferrable": "bool"}
S = "airflow.providers.standard"
WHEN = datetime.datetime(2026, 1, 1)
# class path, arguments, what an instance needs at least
OPERATORS = [
    (f"{S}.operators.empty.EmptyOperator", {}, {}),
    (f"{S}.operators.bash.BashOperator",
     {"bash_command": "string", "env": "string_map", "append_env": "bool", "output_encoding": "string",
      "skip_on_exit_code": "ints", "cwd": "string"}, {"bash_command": "x"}),
    (f"{S}.operators.trigger_dagrun.TriggerDagRunOperator", TRIGGER, {"trigger_dag_id": "x"}),
    (f"{S}.operators.latest_only.LatestOnlyOperator", {}, {}),
    (f"{S}.operators.datetime.BranchDateTimeOperator",
     BRANCH | {"target_lower": "moment", "target_upper": "moment"},
     {"follow_task_ids_if_true": "a", "follow_task_ids_if_false": "b", "target_lower": WHEN, "target_upper": None}),
    (f"{S}.operators.weekday.BranchDayOfWeekOperator", BRANCH | {"week_day": "week_days"},
     {"follow_task_ids_if_true": "a", "follow_task_ids_if_false": "b", "week_day": "Monday"}),
    (f"{S}.sensors.date_time.DateTimeSensor", {"target_time": "string"}, {"target_time": "x"}),
    (f"{S}.sensors.time_delta.TimeDeltaSensor", {"delta": "duration"}, {"delta": datetime.timedelta(1)}),
    (f"{S}.sensors.time.TimeSensor", {"target_time": "time"}, {"target_time": datetime.time(1)}),
    (f"{S}.sensors.weekday.DayOfWeekSensor", {"week_day": "week_days", "use_task_logical_date": "bool"},
     {"week_day": "Monday"}),
    (f"{S}.sensors.external_task.ExternalTaskSensor", EXTERNAL, {"external_dag_id": "x"}),
    (f"{S}.sensors.bash.BashSensor",
     {"bash_command": "string", "env": "string_map", "output_encoding": "string", "retry_exit_code": "ints"},
     {"bash_command": "x"}),
    ("airflow.providers.cncf.kubernetes.operators.pod.KubernetesPodOperator", POD, {}),
]
# What each task has of its own, or what says nothing beyond the schema.
NOT_OF_THE_CLASS = {"task_id", "retry_delay", "has_retry_policy", "_needs_expansion", "template_fields", "params", "do_xcom_push"}


def entry(native, path: str, kinds: dict, needed: dict) -> dict:
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import DagSerialization

    module, name = path.rsplit(".", 1)
    operator_class = getattr(importlib.import_module(module), name)
    with DAG("table", schedule=None) as dag:
        task = operator_class(task_id="t", **needed)
    serialized = DagSerialization.to_dict(dag)["dag"]["tasks"][0]["__var"]
    described = native.plain(task, dag)
    # Of two moments one is enough, which the parser checks.
    required = {key for key, value in needed.items() if kinds.get(key) != "moment"}
    attributes = {key: None if kinds.get(key) == "moment" else value for key, value in described["attributes"].items()}
    parameters = {
        key: native.encode(default) for key, default in native.parameters_of(operator_class).items()
        if default is not native.NOTHING and key not in native.CODE
        and not (path == native.POD_OPERATOR and key in native.IN_THE_POD)
    }
    return {
        "class": path,
        "template_fields": list(operator_class.template_fields),
        "serialized": {key: value for key, value in serialized.items() if key not in NOT_OF_THE_CLASS | required},
        "arguments": {**kinds, **(SENSOR if serialized.get("_is_sensor") else {})},
        "required": sorted(required),
        "attributes": attributes,
        "parameters": parameters,
        "pod": described.get("pod"),
    }


def main() -> None:
    native = load_native()
    table = {path.rsplit(".", 1)[1]: entry(native, path, kinds, needed) for path, kinds, needed in OPERATORS}
    folder = ROOT / "Sources" / "DAGParsing" / "Resources"
    folder.mkdir(exist_ok=True)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in table.items())
    (folder / "operators.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
