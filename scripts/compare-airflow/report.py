"""The verdicts as a table, and the files behind them."""

from __future__ import annotations

import json
import pathlib

from comparison import DIFFERENT, EQUAL, LEFT, Verdict

SHOWN_DIFFERENCES = 12


def table(verdicts: list[Verdict]) -> str:
    """One line per DAG, its differences below it, and the counts at the end."""
    width = max(len(verdict.dag_id) for verdict in verdicts)
    lines = []
    for verdict in sorted(verdicts, key=lambda one: ((EQUAL, LEFT, DIFFERENT).index(one.kind), one.dag_id)):
        reason = verdict.details[0] if verdict.kind == LEFT else ""
        lines.append(f"{verdict.dag_id:<{width}}  {verdict.kind:<9}  {reason}".rstrip())
        if verdict.kind == DIFFERENT:
            lines += [f"    {detail}" for detail in verdict.details[:SHOWN_DIFFERENCES]]
            if len(verdict.details) > SHOWN_DIFFERENCES:
                lines.append(f"    and {len(verdict.details) - SHOWN_DIFFERENCES} more")
    return "\n".join([*lines, "", counts(verdicts)])


def counts(verdicts: list[Verdict]) -> str:
    """The summary line."""
    number = {kind: sum(verdict.kind == kind for verdict in verdicts) for kind in (EQUAL, DIFFERENT, LEFT)}
    return f"{number[EQUAL]} equal, {number[DIFFERENT]} different, {number[LEFT]} left out"


def write(output: pathlib.Path, verdicts: list[Verdict], records: dict[str, dict]) -> None:
    """Keeps both the verdicts and what the other side gave, for a closer look."""
    output.mkdir(parents=True, exist_ok=True)
    for dag_id, record in records.items():
        (output / f"{dag_id}.json").write_text(json.dumps(record, indent=1) + "\n")
    rows = [vars(verdict) for verdict in verdicts]
    (output / "verdicts.json").write_text(json.dumps(rows, indent=1) + "\n")
