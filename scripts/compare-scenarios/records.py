"""What is compared of a side: its runs and its events of assets, without what only one side can know."""

from __future__ import annotations

import datetime

import rules
from scenarios import Scenario

INSTANTS = ("logical_date", "data_interval_start", "data_interval_end")


def recorded(side, scenario: Scenario) -> dict:
    """Everything that came of a scenario."""
    return {
        "day": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "runs": [_run(side, scenario, run) for run in side.runs()],
        "events": [event(row) for row in side.events()],
    }


def _run(side, scenario: Scenario, run: dict) -> dict:
    where = (run["dag_id"], run["run_id"])
    consumed = sorted(side.consumed(*where), key=lambda row: (parsed(row["timestamp"]), row["id"]))
    xcoms = side.xcoms(*where) if scenario.xcoms else []
    return plain_run(run, side.tasks(*where), consumed) | {
        "xcoms": sorted(
            [row["task_id"], row["map_index"], row["key"], rules.xcom(scenario.name, row["key"], row["value"])] for row in xcoms)
    }


def plain_run(run: dict, tasks: list[dict], consumed: list[dict]) -> dict:
    """A run with its tasks and the events that it consumes, oldest first."""
    return {
        "dag_id": run["dag_id"], "run_id": rules.run_id(run["run_id"]), "type": run["run_type"], "state": run["state"],
        "partition_key": run["partition_key"], "partition_date": whole(run["partition_date"]), "conf": run["conf"],
        **{name: instant(run, name, consumed) for name in INSTANTS},
        # Runs by hand come through REST there, and through the command line here.
        "triggered_by": None if run["run_type"] == "manual" and run["triggered_by"] in ("rest_api", "cli") else run["triggered_by"],
        "tasks": sorted([task["task_id"], task["map_index"], task["state"], task["try_number"]] for task in tasks),
        "events": sorted((event(row) for row in consumed), key=str),
    }


def event(row: dict) -> dict:
    """An event of an asset."""
    return {
        "asset": row["name"], "uri": row["uri"], "extra": row["extra"], "partition_key": row["partition_key"],
        "source": [row["source_dag_id"], rules.run_id(row["source_run_id"]), row["source_task_id"], row["source_map_index"]],
    }


def instant(run: dict, name: str, consumed: list[dict]) -> str | None:
    """Instants of a schedule as they are (they have whole seconds); others by what they are the same as."""
    value = run[name]
    if value is None:
        return None
    if parsed(value).microsecond == 0:
        return whole(value)
    for number, row in enumerate(consumed):
        if parsed(row["timestamp"]) == parsed(value):
            return f"<timestamp of event {number - len(consumed) if number else 0}>"
    others = [other for other in INSTANTS[:INSTANTS.index(name)] if run[other] and parsed(run[other]) == parsed(value)]
    return f"<{others[0]}>" if others else "<clock>"


def whole(value: str | None) -> str | None:
    """One spelling of an instant: Airflow writes `Z`, others may write `+00:00`."""
    return value and parsed(value).astimezone(datetime.timezone.utc).isoformat()


def parsed(value: str) -> datetime.datetime:
    """An ISO 8601 instant, with `Z` or an offset."""
    return datetime.datetime.fromisoformat(value)
