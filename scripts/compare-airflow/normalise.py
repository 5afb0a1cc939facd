"""Makes two records of the same DAG comparable, by the rules and by nothing else."""

from __future__ import annotations

import copy
import datetime

from rules import FRESH_DATES, RANDOM_BRANCHES, VALUE_RULES, RandomBranch

TASK_FIELDS = ("state", "try_number", "operator", "pool", "queue")
RUN_FIELDS = ("state", "logical_date", "data_interval_start", "data_interval_end", "conf")
INSTANTS = ("logical_date", "data_interval_start", "data_interval_end")


def normalised(record: dict, places: dict[str, str]) -> dict:
    """What is compared of a record.

    `places` maps texts that only this side has (its AIRFLOW_HOME, its DAG folders, its base URL) to a common name.
    The result has `run`, `task_instances` keyed by (task_id, map_index), and `xcoms` keyed by those and the key.
    """
    record = copy.deepcopy(record)
    record["xcoms"] = [_with_rules(record["dag_id"], _with_places(row, places)) for row in record["xcoms"]]
    for branch in RANDOM_BRANCHES:
        if branch.dag_id == record["dag_id"]:
            _rename_ways(record, branch)
    compared = [name for name in RUN_FIELDS if name not in INSTANTS or record["dag_id"] not in FRESH_DATES]
    return {
        "run": {name: _run_value(name, record.get(name)) for name in compared},
        "task_instances": {
            (row["task_id"], row["map_index"]): {name: row.get(name) for name in TASK_FIELDS}
            for row in record["task_instances"]
        },
        "xcoms": {(row["task_id"], row["map_index"], row["key"]): row["value"] for row in record["xcoms"]},
    }


def parsed_instant(value: str) -> datetime.datetime:
    """An ISO 8601 instant, with `Z` or an offset."""
    return datetime.datetime.fromisoformat(value)


def _run_value(name: str, value: object) -> object:
    """Instants are compared as instants: Airflow writes `Z`, others may write `+00:00`."""
    if name in INSTANTS and isinstance(value, str):
        return parsed_instant(value).astimezone(datetime.timezone.utc).isoformat()
    return value


def _with_places(row: dict, places: dict[str, str]) -> dict:
    return row | {"value": _replaced(row["value"], places)}


def _replaced(value: object, places: dict[str, str]) -> object:
    if isinstance(value, str):
        for text, name in places.items():
            value = value.replace(text, name)
        return value
    if isinstance(value, list):
        return [_replaced(item, places) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, places) for key, item in value.items()}
    return value


def _with_rules(dag_id: str, row: dict) -> dict:
    if row["key"] == "skipmixin_key":
        return row | {"value": _unordered_skip(row["value"])}
    for rule in VALUE_RULES:
        if (rule.dag_id, rule.task_id, rule.key) == (dag_id, row["task_id"], row["key"]) and rule.accepts(row["value"]):
            return row | {"value": f"<{rule.name}>"}
    return row


def _unordered_skip(value: object) -> object:
    """Airflow makes the lists of `followed` and `skipped` tasks from Python sets, whose order changes by process."""
    if not isinstance(value, dict):
        return value
    return {key: sorted(items, key=repr) if isinstance(items, list) else items for key, items in value.items()}


def _rename_ways(record: dict, branch: RandomBranch) -> None:
    """Renames the tasks of the ways; leaves all names as they are when the branch named no way, to show as different."""
    followed = [
        row["value"] for row in record["xcoms"] if (row["task_id"], row["key"]) == (branch.task_id, "skipmixin_key")
    ]
    chosen = [way for way in branch.ways if followed == [{"followed": [way[0]]}]]
    if len(chosen) != 1:
        return
    others = [way for way in branch.ways if way != chosen[0]]
    names = {task_id: f"{branch.task_id}: followed {place}" for place, task_id in enumerate(chosen[0])}
    for number, way in enumerate(others):
        names |= {task_id: f"{branch.task_id}: not followed {number}.{place}" for place, task_id in enumerate(way)}
    for row in record["task_instances"] + record["xcoms"]:
        row["task_id"] = names.get(row["task_id"], row["task_id"])
    for row in record["xcoms"]:
        if (row["task_id"], row["key"]) == (branch.task_id, "skipmixin_key"):
            row["value"] = {"followed": [names[chosen[0][0]]]}
