"""Figures of one DAG run, from its task instances' dates; the same arithmetic for both sides."""

from __future__ import annotations

import datetime

from measure import median


def figures(run: dict, chain: bool, cpu_seconds: float, wall_seconds: float) -> dict[str, float | None]:
    """Tasks per second over the run, median hop (chains), median duration, CPU per task.

    A hop is the time from the end of a task to the start of the one behind it. Raises when a task did not succeed: a
    figure of a broken run is no figure. A run that began and ended within one turn of the scheduler has no duration of
    its own; the whole process's time, `wall_seconds`, counts then.
    """
    rows = sorted(run["task_instances"], key=lambda row: row["task_id"])
    failed = [row["task_id"] for row in rows if row["state"] != "success"]
    if failed or run["state"] != "success":
        raise RuntimeError(f"{run['dag_id']} ended {run['state']}; not successful: {failed[:5]}")
    seconds = _seconds(run["start_date"], run["end_date"]) or wall_seconds
    hops = [_seconds(before["end_date"], after["start_date"]) * 1000 for before, after in zip(rows, rows[1:])]
    return {
        "tasks_per_second": len(rows) / seconds,
        "hop_milliseconds": median(hops) if chain else None,
        "run_seconds": seconds,
        "cpu_milliseconds_per_task": cpu_seconds * 1000 / len(rows),
    }


def _seconds(before: str, after: str) -> float:
    return (datetime.datetime.fromisoformat(after) - datetime.datetime.fromisoformat(before)).total_seconds()
