"""What may differ between two correct runs of a scenario, and why. Everything else must be equal.

A value that may differ is not skipped: it must still have the form that the rule names.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass

CLOCK_RUN_ID = re.compile(
    r"(manual|asset_triggered|scheduled|asset_materialization)__\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00(_\w+)?")
"""Run ids that carry the clock. Those that carry whole seconds are of a schedule, and are compared as they are."""


def run_id(value: str | None) -> str | None:
    """A run id with the clock's instant, and Airflow's random end, replaced."""
    match = CLOCK_RUN_ID.fullmatch(value) if isinstance(value, str) else None
    return f"{match[1]}__<clock>" if match else value


def triggered_by(run: dict) -> str | None:
    """Who made a run, but for runs by hand: they come through REST there, and through the command line here."""
    by_hand = run["run_type"] == "manual" and run["triggered_by"] in ("rest_api", "cli")
    return None if by_hand else run["triggered_by"]


def parsed(value: str) -> datetime.datetime:
    """An ISO 8601 instant, with `Z` or an offset."""
    return datetime.datetime.fromisoformat(value)


QUEUED_SECONDS, CREATED_SECONDS = 5, 400
"""Airflow's `run_after` of a run by assets is when its last event was queued, here it is the event's own or its queuing:
milliseconds apart, seconds on a busy machine. Runs of partitions have the time when they were created, on both sides."""


def is_soon_after(run: dict, consumed: list[dict]) -> bool:
    """Whether `run_after` is the instant of the last consumed event, or follows it closely."""
    if not consumed:
        return False
    delay = parsed(run["run_after"]) - max(parsed(row["timestamp"]) for row in consumed)
    bound = QUEUED_SECONDS if run["partition_key"] is None else CREATED_SECONDS
    return datetime.timedelta(0) <= delay <= datetime.timedelta(seconds=bound)


def extra(row: dict) -> dict | None:
    """Airflow's REST API adds `from_rest_api` to events from outside; here they come through the command line."""
    if row["source_dag_id"] is not None or not isinstance(row["extra"], dict) or row["extra"].get("from_rest_api") is not True:
        return row["extra"]
    return {key: value for key, value in row["extra"].items() if key != "from_rest_api"}


@dataclass(frozen=True)
class XComRule:
    """A part of an XCom that differs by design: `field` of its value, or the value itself."""

    scenario: str
    key: str
    field: str | None
    name: str
    accepts: Callable[[object], bool]
    reason: str


def clock_instant(value: object) -> bool:
    """A datetime as the Task SDK stores it in an XCom, of the clock: its zone is compared by `INSTANT_FORM`."""
    if not isinstance(value, dict) or not isinstance(value.get("__data__"), dict):
        return False
    timestamp = value["__data__"].get("timestamp")
    return isinstance(timestamp, float) and value | {"__data__": value["__data__"] | {"timestamp": 0}} == INSTANT_FORM


UTC_FORM = {"__classname__": "builtins.tuple", "__version__": 1, "__data__": ["UTC", "pendulum.tz.timezone.Timezone", 1, True]}
INSTANT_FORM = {"__classname__": "datetime.datetime", "__version__": 2, "__data__": {"timestamp": 0, "tz": UTC_FORM}}


def user(value: object) -> bool:
    """A user as tasks see one: id and name are text."""
    return isinstance(value, dict) and value.keys() == {"id", "name"} and all(isinstance(part, str) for part in value.values())


XCOM_RULES = (
    XComRule("people", "return_value", "responded_at", "instant", clock_instant, "the clock"),
    XComRule("people", "return_value", "responded_by_user", "user", user,
             "Airflow's simple auth manager names everybody Anonymous; here it is the user of the process"),
)


REST_MARK = '"from_rest_api": true, '


def xcom(scenario: str, key: str, value: object) -> object:
    """The value with what the rules let through replaced by a name; a printed extra loses the mark of REST (see `extra`)."""
    if scenario == "extras-read" and isinstance(value, str):
        return value.replace(REST_MARK, "", 1)
    for rule in XCOM_RULES:
        if (rule.scenario, rule.key) != (scenario, key):
            continue
        if rule.field is None:
            value = f"<{rule.name}>" if rule.accepts(value) else value
        elif isinstance(value, dict) and rule.accepts(value.get(rule.field)):
            value = value | {rule.field: f"<{rule.name}>"}
    return value
