"""What is compared of a side: its runs and its events of assets, without what only one side can know."""

from __future__ import annotations

import datetime

import rules
from rules import parsed
from scenarios import Scenario

INSTANTS = ("logical_date", "run_after", "data_interval_start", "data_interval_end")


def recorded(side, scenario: Scenario) -> dict:
    """All that came of a scenario, as the side tells it."""
    return {
        "day": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "runs": [_recorded_run(side, scenario, run) for run in side.runs()],
        "events": side.events(),
    }


def _recorded_run(side, scenario: Scenario, run: dict) -> dict:
    where = (run["dag_id"], run["run_id"])
    return {
        "run": run, "tasks": side.tasks(*where), "consumed": side.consumed(*where),
        "xcoms": side.xcoms(*where) if scenario.xcoms else [],
    }


def compared(record: dict, scenario: Scenario) -> dict:
    """What of a record must be the same on both sides."""
    return {
        "runs": [
            plain_run(row["run"], row["tasks"], row["consumed"]) | {"xcoms": _xcoms(scenario, row["xcoms"])}
            for row in record["runs"]
        ],
        "events": [event(row) for row in record["events"]],
    }


def _xcoms(scenario: Scenario, rows: list[dict]) -> list[list]:
    plain = [
        [row["task_id"], row["map_index"], row["key"], rules.xcom(scenario.name, row["key"], row["value"])] for row in rows
    ]
    return sorted(plain, key=lambda row: row[:3])


def plain_run(run: dict, tasks: list[dict], consumed: list[dict]) -> dict:
    """A run with its tasks and the events that it consumes."""
    consumed = sorted(consumed, key=lambda row: (parsed(row["timestamp"]), row["id"]))
    return {
        "dag_id": run["dag_id"], "run_id": rules.run_id(run["run_id"]), "type": run["run_type"], "state": run["state"],
        "partition_key": run["partition_key"], "partition_date": whole(run["partition_date"]), "conf": run["conf"],
        **{name: instant(run, name, consumed) for name in INSTANTS},
        "triggered_by": rules.triggered_by(run),
        "tasks": sorted([task["task_id"], task["map_index"], task["state"], task["try_number"]] for task in tasks),
        "events": sorted((event(row) for row in consumed), key=str),
    }


def event(row: dict) -> dict:
    """An event of an asset."""
    return {
        "asset": row["name"], "uri": row["uri"], "extra": rules.extra(row), "partition_key": row["partition_key"],
        "source": [row["source_dag_id"], rules.run_id(row["source_run_id"]), row["source_task_id"], row["source_map_index"]],
    }


def instant(run: dict, name: str, consumed: list[dict]) -> str | None:
    """Instants of a schedule as they are (they have whole seconds); others by what they are the same as."""
    value = run[name]
    if value is None:
        return None
    if parsed(value).microsecond == 0:
        return whole(value)
    if name == "run_after" and run["run_type"] == "asset_triggered" and rules.is_soon_after(run, consumed):
        return "<last event>"
    for number, row in enumerate(consumed):
        if parsed(row["timestamp"]) == parsed(value):
            return f"<timestamp of event {number - len(consumed) if number else 0}>"
    others = [other for other in INSTANTS[:INSTANTS.index(name)] if run[other] and parsed(run[other]) == parsed(value)]
    return f"<{others[0]}>" if others else "<clock>"


def whole(value: str | None) -> str | None:
    """One spelling of an instant: Airflow writes `Z`, others may write `+00:00`."""
    return value and parsed(value).astimezone(datetime.timezone.utc).isoformat()
