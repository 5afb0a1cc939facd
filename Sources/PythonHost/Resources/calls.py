"""Evaluates what a scheduler without Python cannot: custom timetables, partition mappers, weight rules and deadline
references of a DAG file.

Instants are seconds since the epoch (UTC). An answer is `{"result": ...}` or `{"error": {type, message, traceback}}`.
"""

from __future__ import annotations

import datetime
import json
import os
import traceback
import types

from . import reader


def call(request: dict, fds: list[int], trace_fd: int) -> int:
    reader.enter(request, None, trace_fd)
    reader.arm(request, trace_fd)
    try:
        payload = json.loads(os.pread(fds[1], os.fstat(fds[1]).st_size, 0))
        answer = {"result": FUNCTIONS[payload["function"]](Subject(request, payload), payload)}
    except BaseException as error:
        answer = {"error": {"type": type(error).__name__, "message": str(error), "traceback": traceback.format_exc()}}
    reader.disarm()
    reader.write_answer(fds[0], answer)
    return 0


class Subject:
    """The DAG a call is about, as Airflow's scheduler sees it: serialized and read back."""

    def __init__(self, request: dict, payload: dict):
        file_reader = reader.FileReader({**request, "safe_mode": False})
        bag = file_reader.load()
        if payload["dag_id"] not in bag.dags:
            problems = "; ".join(error["message"] for error in file_reader.errors)
            raise LookupError(f"{file_reader.relative} has no DAG {payload['dag_id']!r}. {problems}".strip())
        self.dag = bag.dags[payload["dag_id"]]

    @property
    def serialized(self):
        from airflow.serialization.serialized_objects import DagSerialization

        return DagSerialization.from_dict(DagSerialization.to_dict(self.dag))

    @property
    def timetable(self):
        return self.serialized.timetable


def next_dagrun_info(subject: Subject, payload: dict):
    """`last` is the previous automated run `{data_interval_start, data_interval_end, run_after}` or null."""
    from airflow.timetables.base import TimeRestriction

    limits = payload["restriction"]
    restriction = TimeRestriction(instant(limits.get("earliest")), instant(limits.get("latest")), limits["catchup"])
    return run_info(subject.timetable.next_dagrun_info_v2(
        last_dagrun_info=last_info(payload.get("last")), restriction=restriction))


def infer_manual_data_interval(subject: Subject, payload: dict):
    return interval(subject.timetable.infer_manual_data_interval(run_after=instant(payload["run_after"])))


def generate_run_id(subject: Subject, payload: dict):
    from airflow.timetables.base import DataInterval
    from airflow.utils.types import DagRunType

    given = payload.get("data_interval")
    return subject.timetable.generate_run_id(
        run_type=DagRunType(payload["run_type"]), run_after=instant(payload["run_after"]),
        data_interval=DataInterval(instant(given["start"]), instant(given["end"])) if given else None)


def get_weight(subject: Subject, payload: dict):
    """The weight of each task instance of `instances` [{task_id, run_id, map_index, try_number}], in order."""
    dag = subject.serialized
    weights = []
    for given in payload["instances"]:
        task = dag.get_task(given["task_id"])
        ti = types.SimpleNamespace(dag_id=dag.dag_id, task=task, pool=task.pool, queue=task.queue, **given)
        weights.append(int(task.weight_rule.get_weight(ti)))
    return weights


def map_partition(subject: Subject, payload: dict):
    """Where an event of the asset `name`, `uri` with the partition `key` goes, and what is needed there.

    `{targets: [{key, answer: {expected, minimum, date}}], maximum, carried}`, or `{refused}` for a key that the mapper
    does not take. Dates are microseconds since the epoch.
    """
    from airflow.partition_mappers.base import is_rollup
    from airflow.utils.helpers import is_container

    mapper = subject.timetable.get_partition_mapper(name=payload["name"], uri=payload["uri"])
    try:
        found = mapper.to_downstream(payload["key"])
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    keys = list(found) if is_container(found) else [found]
    targets = [{"key": key, "answer": partition_answer(mapper, key, is_rollup(mapper))} for key in keys]
    return {"targets": targets, "maximum": mapper.max_downstream_keys, "carried": carried(mapper, payload.get("date"))}


def partition_answer(mapper, key: str, is_rollup: bool):
    answer = {"expected": None, "minimum": None, "date": None}
    if is_rollup:
        try:
            answer["expected"] = sorted(mapper.to_upstream(key))
            answer["minimum"] = getattr(mapper.wait_policy, "n", None)
        except Exception:  # As Airflow: a mapper that fails here is never satisfied.
            traceback.print_exc()
            answer["expected"], answer["minimum"] = [], 1
    try:
        answer["date"] = microseconds(mapper.to_partition_date(key))
    except Exception:  # As Airflow: the run has no date then.
        traceback.print_exc()
    return answer


def carried(mapper, date: int | None):
    try:
        return microseconds(mapper.carry_partition_date(None if date is None else instant(date / 1_000_000)))
    except Exception:
        traceback.print_exc()
        return None


def resolve_partition(subject: Subject, payload: dict):
    """The date that the partition `key` of a run by hand stands for: `{date}`, or `{refused}`."""
    dag = subject.serialized
    try:
        dag.validate_partition_key(payload["key"])
        return {"date": microseconds(dag.timetable.resolve_partition_date(payload["key"]))}
    except Exception as error:
        return {"refused": str(error)}


def deadline_reference(subject: Subject, payload: dict):
    """When the reference of an author's class, serialized as `reference`, is for the run; there is no session."""
    from airflow.serialization.encoders import encode_deadline_reference

    alerts = subject.dag.deadline if isinstance(subject.dag.deadline, list) else [subject.dag.deadline]
    for alert in alerts:
        if alert is not None and encode_deadline_reference(alert.reference) == payload["reference"]:
            wanted = getattr(alert.reference, "required_kwargs", ())
            known = {key: payload[key] for key in ("dag_id", "run_id") if key in wanted}
            moment = alert.reference._evaluate_with(session=None, **known)
            return None if moment is None else moment.timestamp()
    raise LookupError("the DAG has no such deadline reference any more")


FUNCTIONS = {function.__name__: function
             for function in (next_dagrun_info, infer_manual_data_interval, generate_run_id, get_weight, map_partition,
                              resolve_partition, deadline_reference)}


def microseconds(moment):
    return None if moment is None else round(moment.timestamp() * 1_000_000)


def instant(seconds: float | None):
    from airflow._shared.timezones.timezone import coerce_datetime

    if seconds is None:
        return None
    whole, microseconds = divmod(round(seconds * 1_000_000), 1_000_000)
    moment = datetime.datetime.fromtimestamp(whole, datetime.timezone.utc)
    return coerce_datetime(moment.replace(microsecond=microseconds))


def last_info(last: dict | None):
    from airflow.timetables.base import DagRunInfo, DataInterval

    if last is None:
        return None
    start, end = instant(last.get("data_interval_start")), instant(last.get("data_interval_end"))
    return DagRunInfo(
        run_after=instant(last["run_after"]), data_interval=DataInterval(start, end) if start and end else None,
        partition_date=None, partition_key=None)


def run_info(info):
    if info is None:
        return None
    return {"run_after": info.run_after.timestamp(), "data_interval": interval(info.data_interval),
            "partition_key": info.partition_key, "partition_date": microseconds(info.partition_date)}


def interval(value):
    return None if value is None else {"start": value.start.timestamp(), "end": value.end.timestamp()}
