"""Says, for each task, whether it may run without Python, and hands over what its serialized form leaves out.

A task is native when its class is exactly a stock one and nothing Python hangs on it. If in doubt it is not: the
answer is then a reason, in words for the author.
"""

from __future__ import annotations

import copy
import datetime
import enum
import inspect
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

STANDARD = "airflow.providers.standard"
POD_OPERATOR = "airflow.providers.cncf.kubernetes.operators.pod.KubernetesPodOperator"
STOCK = {
    f"{STANDARD}.operators.empty.EmptyOperator",
    f"{STANDARD}.operators.bash.BashOperator",
    f"{STANDARD}.operators.trigger_dagrun.TriggerDagRunOperator",
    f"{STANDARD}.operators.latest_only.LatestOnlyOperator",
    f"{STANDARD}.operators.datetime.BranchDateTimeOperator",
    f"{STANDARD}.operators.weekday.BranchDayOfWeekOperator",
    f"{STANDARD}.sensors.date_time.DateTimeSensor",
    f"{STANDARD}.sensors.time_delta.TimeDeltaSensor",
    f"{STANDARD}.sensors.time.TimeSensor",
    f"{STANDARD}.sensors.weekday.DayOfWeekSensor",
    f"{STANDARD}.sensors.external_task.ExternalTaskSensor",
    f"{STANDARD}.sensors.bash.BashSensor",
    POD_OPERATOR,
}
CALLBACKS = ("on_execute_callback", "on_failure_callback", "on_success_callback", "on_retry_callback",
             "on_skipped_callback")
# Parameters that hold code; anything but their default makes a task Python.
CODE = {"output_processor", "execution_date_fn", "callbacks", "progress_callback", "log_formatter"}
# What is kept under another name than the parameter's, or has to be worked out.
DERIVED = {
    f"{STANDARD}.sensors.weekday.DayOfWeekSensor": {"week_day_numbers": lambda task: sorted(task._week_day_num)},
    f"{STANDARD}.operators.weekday.BranchDayOfWeekOperator":
        {"week_day_numbers": lambda task: sorted(task._week_day_num)},
    # The sensor fixes a moment when the file is read; a native task needs the time of day it was made from.
    f"{STANDARD}.sensors.time.TimeSensor":
        {"target_time": lambda task: task.target_datetime.astimezone(task.dag.timezone).time()},
}
# Parameters of KubernetesPodOperator that are wholly in the pod, as Kubernetes objects.
IN_THE_POD = {
    "ports", "volume_mounts", "volumes", "env_vars", "env_from", "secrets", "container_resources", "affinity",
    "image_pull_secrets", "host_aliases", "tolerations", "security_context", "container_security_context",
    "dns_config", "full_pod_spec", "init_containers", "pod_template_dict", "pod_template_file",
    "pod_runtime_info_envs", "configmaps", "is_delete_operator_pod",
}
KUBERNETES_OBJECTS = {"xcom_sidecar_container_security_context"}
# Members of a mapped KubernetesPodOperator that can be laid over a pod built without them.
POD_OVERLAYS = {"image", "cmds", "arguments", "env_vars", "name", "labels", "annotations"}
JINJA = ("{{", "{%", "{#")
NOTHING = inspect.Parameter.empty


class PythonNeeded(Exception):
    """Why a task needs the Python runner."""


def describe(dag) -> tuple[dict, dict]:
    """`native` {task_id: {...}} and `python_only` {task_id: reason} of one DAG; each task is in exactly one."""
    native: dict[str, dict] = {}
    python_only: dict[str, str] = {}
    of_dag = reason_of_dag()
    for task in dag.tasks:
        try:
            if of_dag:
                raise PythonNeeded(of_dag)
            native[task.task_id] = mapped(task, dag) if task.is_mapped else plain(task, dag)
        except PythonNeeded as reason:
            python_only[task.task_id] = str(reason)
        except Exception as error:
            python_only[task.task_id] = f"its attributes cannot be handed over: {type(error).__name__}: {error}"
    return native, python_only


def reason_of_dag() -> str | None:
    from airflow.listeners.listener import get_listener_manager

    return "a plugin listens to task instances" if get_listener_manager().has_listeners else None


def plain(task, dag) -> dict:
    name = stock_name(type(task))
    values = {key: getattr(task, key) for key in (*CALLBACKS, "executor", "run_as_user")}
    refuse_python(values)
    refuse_hooks(task)
    refuse_weight_rule(task.weight_rule)
    if list(task.template_fields) != list(type(task).template_fields):
        raise PythonNeeded("it has template fields of its own")
    refuse_templates({field: getattr(task, field) for field in task.template_fields}, task, dag)
    entry = {"operator": name, "attributes": attributes_of(task, name)}
    if name == POD_OPERATOR:
        entry["pod"] = pod_of(task)
    return entry


def mapped(task, dag) -> dict:
    name = stock_name(task.operator_class)
    partial = dict(task.partial_kwargs)
    refuse_python(partial)
    refuse_weight_rule(partial.get("weight_rule"))
    for hook in ("pre_execute", "post_execute"):
        if partial.get(hook):
            raise PythonNeeded(f"it has a {hook} hook")
    expanded = task._get_specified_expand_input().value
    refuse_templates({"partial": partial, "expand": expanded}, task, dag)
    attributes = {}
    for key, default in parameters_of(task.operator_class).items():
        value = partial.get(key, default)
        if value is NOTHING or name == POD_OPERATOR and key in IN_THE_POD:
            continue
        if key in CODE:
            refuse_code(key, value, default)
        else:
            attributes[key] = encode(value)
    entry = {"operator": name, "mapped": True, "attributes": attributes}
    if name == POD_OPERATOR:
        entry["pod"] = pod_of_partial(task, partial, expanded)
    return entry


def stock_name(operator_class) -> str:
    name = f"{operator_class.__module__}.{operator_class.__qualname__}"
    if name not in STOCK:
        raise PythonNeeded(f"{name} is not an operator that runs without Python")
    return name


def refuse_python(values: Mapping[str, Any]) -> None:
    for callback in CALLBACKS:
        if values.get(callback):
            raise PythonNeeded(f"it has {callback}")
    if values.get("executor"):
        raise PythonNeeded(f"it names the executor {values['executor']!r}")
    if values.get("run_as_user"):
        raise PythonNeeded("it runs as another user (run_as_user)")


def refuse_hooks(task) -> None:
    for hook in ("pre_execute", "post_execute"):
        if getattr(task, f"_{hook}_hook", None) or hook in vars(task):
            raise PythonNeeded(f"it has a {hook} hook")
    for method in ("execute", "on_kill", "render_template_fields"):
        if getattr(vars(task).get(method), "__func__", None) not in (None, getattr(type(task), method)):
            raise PythonNeeded(f"its {method} was replaced")


def refuse_weight_rule(rule) -> None:
    if rule is None or isinstance(rule, str):
        return
    if not type(rule).__module__.startswith("airflow.task.priority_strategy"):
        raise PythonNeeded("it has a weight rule of its own")


def refuse_templates(fields: Any, task, dag) -> None:
    """Templates that call Python, or are files which could not be read when the DAG was loaded."""
    texts = list(strings_in(fields))
    extensions = tuple(task.template_ext)
    if extensions and any(text.endswith(extensions) for text in texts):
        raise PythonNeeded(f"it names a template file ({', '.join(extensions)}) that is read when it runs")
    if not any(mark in text for text in texts for mark in JINJA):
        return
    import jinja2

    if dag.user_defined_macros or dag.user_defined_filters:
        raise PythonNeeded("its templates may use the DAG's user_defined_macros or user_defined_filters")
    if dag.jinja_environment_kwargs or dag.template_undefined is not jinja2.StrictUndefined:
        raise PythonNeeded("the DAG changes Jinja's environment")


def strings_in(value: Any):
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from strings_in(key)
            yield from strings_in(member)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for member in value:
            yield from strings_in(member)
    elif type(value).__module__.startswith("kubernetes."):
        yield from strings_in(value.to_dict())


@lru_cache(maxsize=None)
def parameters_of(operator_class) -> dict[str, Any]:
    """The constructor's parameters below BaseOperator, with their defaults."""
    from airflow.sdk import BaseOperator

    found: dict[str, Any] = {}
    for parent in operator_class.__mro__:
        if parent is BaseOperator:
            break
        if "__init__" not in vars(parent):
            continue
        for name, parameter in inspect.signature(parent.__init__).parameters.items():
            if name != "self" and parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD):
                found.setdefault(name, parameter.default)
    base = inspect.signature(BaseOperator.__init__).parameters
    found = {name: default for name, default in found.items() if name not in base}
    return {**found, "do_xcom_push": base["do_xcom_push"].default, "multiple_outputs": False}


def attributes_of(task, name: str) -> dict:
    derived = {key: encode(make(task)) for key, make in DERIVED.get(name, {}).items()}
    attributes = {}
    for key, default in parameters_of(type(task)).items():
        if key in derived or name == POD_OPERATOR and key in IN_THE_POD:
            continue
        value = getattr(task, key, NOTHING)
        if key in CODE:
            refuse_code(key, value, default)
        elif value is not NOTHING:
            attributes[key] = kubernetes_json(value) if key in KUBERNETES_OBJECTS else encode(value)
    for field in type(task).template_fields:
        if field not in attributes and not (name == POD_OPERATOR and field in IN_THE_POD):
            attributes[field] = encode(getattr(task, field, None))
    return {**attributes, **derived}


def refuse_code(key: str, value: Any, default: Any) -> None:
    if value is not NOTHING and value is not default and value not in (None, []):
        raise PythonNeeded(f"its {key} is Python code")


def encode(value: Any) -> Any:
    """Airflow's own encoding; besides it `{"__type":"time"}` and `{"__type":"naive_datetime"}`, both ISO 8601."""
    from airflow.sdk.definitions._internal.types import is_arg_set
    from airflow.sdk.definitions.xcom_arg import XComArg
    from airflow.serialization.serialized_objects import BaseSerialization

    if isinstance(value, enum.Enum):
        return encode(value.value)
    if value is None or isinstance(value, (bool, int, float, str)) or not is_arg_set(value):
        return BaseSerialization.serialize(value, strict=True)
    if isinstance(value, Mapping):
        return {"__type": "dict", "__var": {str(key): encode(member) for key, member in value.items()}}
    if isinstance(value, list):
        return [encode(member) for member in value]
    if isinstance(value, (tuple, set, frozenset)):
        members = [encode(member) for member in value]
        kind = "tuple" if isinstance(value, tuple) else "set"
        return {"__type": kind, "__var": members if kind == "tuple" else sorted(members, key=repr)}
    if isinstance(value, range):
        return [*value]
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        return {"__type": "naive_datetime", "__var": value.isoformat()}
    if isinstance(value, datetime.time):
        return {"__type": "time", "__var": value.isoformat()}
    if isinstance(value, (datetime.datetime, datetime.timedelta, XComArg)):
        return BaseSerialization.serialize(value, strict=True)
    raise PythonNeeded(f"it holds a {type(value).__module__}.{type(value).__qualname__}, which JSON cannot carry")


def kubernetes_json(value: Any) -> Any:
    from kubernetes.client import ApiClient

    return ApiClient().sanitize_for_serialization(value)


class _HookStub:
    """Stands in for the operator's hook, which would look for a cluster."""

    is_in_cluster = False

    def get_namespace(self):
        return None

    def get_xcom_sidecar_container_image(self):
        return None

    get_xcom_sidecar_container_resources = get_xcom_sidecar_container_image
    get_xcom_sidecar_container_security_context = get_xcom_sidecar_container_image


def pod_of(task) -> dict:
    """The whole pod as Airflow would ask for it, Jinja strings as written, without the X-Com sidecar.

    Its name is the operator's, without the random suffix, and absent where Airflow would make one up.
    """
    twin = copy.copy(task)
    for key, value in (("do_xcom_push", False), ("random_name_suffix", False), ("hook", _HookStub())):
        twin.__dict__[key] = value
    twin.__dict__["env_vars"] = copy.copy(task.env_vars)
    given_namespace = twin.namespace
    try:
        logging.disable(logging.INFO)  # Airflow logs each pod it builds.
        pod = kubernetes_json(twin.build_pod_request_obj())
    except Exception as error:
        raise PythonNeeded(f"its pod is only known when it runs: {type(error).__name__}: {error}") from error
    finally:
        logging.disable(logging.NOTSET)
    metadata = pod.get("metadata", {})
    metadata.get("labels", {}).pop("airflow_kpo_in_cluster", None)
    if not given_namespace and metadata.get("namespace") == "default":
        metadata.pop("namespace")
    if not task.name and not (task.full_pod_spec or task.pod_template_file or task.pod_template_dict):
        metadata.pop("name", None)
    return pod


def pod_of_partial(task, partial: dict, expanded: Any) -> dict:
    """The pod of a mapped operator without what is expanded; only members that can be laid over it may be."""
    keys = set(expanded) if isinstance(expanded, Mapping) else set()
    for member in expanded if isinstance(expanded, (list, tuple)) else ():
        keys |= set(member) if isinstance(member, Mapping) else {"expand_kwargs"}
    if not isinstance(expanded, (Mapping, list, tuple)):
        keys.add("expand_kwargs")
    if others := keys - POD_OVERLAYS:
        raise PythonNeeded(f"it is expanded over {', '.join(sorted(others))}")
    accepted = set(parameters_of(task.operator_class))
    given = {key: value for key, value in partial.items() if key in accepted and key not in keys}
    given.pop("multiple_outputs", None)
    return pod_of(task.operator_class(task_id=task.task_id, **given))
