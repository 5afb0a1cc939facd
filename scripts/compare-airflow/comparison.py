"""Decides for one DAG whether two records are equal, and says what is not."""

from __future__ import annotations

import datetime
import difflib
import json
import pathlib
from dataclasses import dataclass, field

from logs import read_logs
from normalise import normalised, parsed_instant
from rules import CLOCK_RULES, LEFT_OUT, LOGS_LEFT_OUT

EQUAL, DIFFERENT, LEFT = "equal", "different", "left out"


@dataclass
class Verdict:
    """The outcome for one DAG: a reason when it is left out, the differences when there are some."""

    dag_id: str
    kind: str
    details: list[str] = field(default_factory=list)


def left_out(reference: dict) -> Verdict | None:
    """Whether a DAG is left out whatever the other side does."""
    dag_id = reference["dag_id"]
    if dag_id in LEFT_OUT:
        return Verdict(dag_id, LEFT, [LEFT_OUT[dag_id].reason])
    if reference["outcome"] == "not ended":
        waited = f"{reference['waited_seconds']:.0f} s"
        return Verdict(dag_id, LEFT, [f"did not end within {waited} under real Airflow"])
    return None


@dataclass(frozen=True)
class Side:
    """How one side names what the other has too, and where it left its logs (nothing: logs are not compared)."""

    places: dict[str, str]
    logs: pathlib.Path | None = None


def compare(reference: dict, other: dict, reference_side: Side, other_side: Side) -> Verdict:
    """Compares the record of real Airflow with that of the other side."""
    dag_id = reference["dag_id"]
    if reference["outcome"] == "refused" or other["outcome"] != "ended":
        return _compare_outcomes(reference, other)
    clock = _clock_difference(reference, other)
    if clock is not None:
        return Verdict(dag_id, LEFT, [clock])
    expected, seen = normalised(reference, reference_side.places), normalised(other, other_side.places)
    differences = [
        *_differences("run", expected["run"], seen["run"]),
        *_differences("task", expected["task_instances"], seen["task_instances"]),
        *_differences("xcom", expected["xcoms"], seen["xcoms"]),
        *_log_differences(reference, other, reference_side, other_side),
    ]
    return Verdict(dag_id, DIFFERENT if differences else EQUAL, differences)


def _compare_outcomes(reference: dict, other: dict) -> Verdict:
    """A run that Airflow refuses must be refused, for a reason of the user's; one that ends must end."""
    if reference["outcome"] == other["outcome"] == "refused":
        return Verdict(reference["dag_id"], EQUAL)
    told = f"outcome: Airflow {reference['outcome']} {reference.get('reason', '')}".rstrip()
    return Verdict(reference["dag_id"], DIFFERENT, [f"{told}; pipeline {other['outcome']} {other.get('reason', '')}"])


def _log_differences(reference: dict, other: dict, reference_side: Side, other_side: Side) -> list[str]:
    if reference_side.logs is None or other_side.logs is None:
        return []
    expected = read_logs(reference_side.logs, reference, reference_side.places)
    seen = read_logs(other_side.logs, other, other_side.places)
    found = []
    for key in sorted(expected.keys() | seen.keys()):
        if {(reference["dag_id"], key[0]), (reference["dag_id"], None)} & LOGS_LEFT_OUT.keys():
            continue
        lines = difflib.unified_diff(expected.get(key, []), seen.get(key, []), "Airflow", "pipeline", lineterm="", n=0)
        changes = [line[:300] for line in list(lines)[2:] if not line.startswith("@@")]
        found += [f"log {_shown_key(key)}: {' / '.join(changes[:6])}"] if changes else []
    return found


def _clock_difference(reference: dict, other: dict) -> str | None:
    rule = CLOCK_RULES.get(reference["dag_id"])
    if rule is None:
        return None
    answers = [rule.answer(_started(record)) for record in (reference, other)]
    if answers[0] == answers[1]:
        return None
    return f"{rule.reason}, and the recording of Airflow is from another time: record it again"


def _started(record: dict) -> datetime.datetime:
    return parsed_instant(record["start_date"]).astimezone(datetime.timezone.utc)


def _differences(what: str, expected: dict, seen: dict) -> list[str]:
    found = []
    for key in sorted(expected.keys() | seen.keys(), key=repr):
        name = f"{what} {_shown_key(key)}"
        if key not in seen:
            found.append(f"{name}: missing; Airflow {_shown(expected[key])}")
        elif key not in expected:
            found.append(f"{name}: too much; pipeline {_shown(seen[key])}")
        elif not _same(expected[key], seen[key]):
            found.append(f"{name}: Airflow {_shown(expected[key])}; pipeline {_shown(seen[key])}")
    return found


def _same(expected: object, seen: object) -> bool:
    """Equality of JSON: 1 and true differ, 1 and 1.0 differ, the order of keys does not matter."""
    return json.dumps(expected, sort_keys=True) == json.dumps(seen, sort_keys=True)


def _shown_key(key: object) -> str:
    if not isinstance(key, tuple):
        return str(key)
    task, map_index, *rest = key
    place = task if map_index == -1 else f"{task}[{map_index}]"
    return " ".join([place, *rest])


def _shown(value: object) -> str:
    shown = json.dumps(value, sort_keys=True)
    return shown if len(shown) <= 300 else shown[:300] + "..."
