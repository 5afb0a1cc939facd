"""Compares what came of a scenario on both sides."""

from __future__ import annotations

import collections
import json

PARTS = ("runs", "events")


def differences(theirs: dict, ours: dict) -> list[str]:
    """One text a run or event that only one side has; a run that both have and that differs is told field by field."""
    return [line for part in PARTS for line in _part(part, theirs[part], ours[part])]


def _part(part: str, theirs: list[dict], ours: list[dict]) -> list[str]:
    counts = [collections.Counter(_text(row) for row in rows) for rows in (theirs, ours)]
    only = [[json.loads(text) for text in sorted(rest.elements())] for rest in (counts[0] - counts[1], counts[1] - counts[0])]
    lines = []
    for row in only[0]:
        twin = next((other for other in only[1] if part == "runs" and _is_same_run(row, other)), None)
        if twin is None:
            lines.append(f"Airflow only: {_text(row)}")
        else:
            only[1].remove(twin)
            lines.append(_fields(row, twin))
    return lines + [f"pipeline only: {_text(row)}" for row in only[1]]


def _is_same_run(one: dict, other: dict) -> bool:
    return all(one[name] == other[name] for name in ("dag_id", "run_id", "partition_key"))


def _fields(theirs: dict, ours: dict) -> str:
    changed = [name for name in theirs if _text(theirs[name]) != _text(ours[name])]
    told = "; ".join(f"{name}: Airflow {_text(theirs[name])}, pipeline {_text(ours[name])}" for name in changed)
    return f"{theirs['dag_id']} {theirs['run_id']}: {told}"


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
