"""The recording as one table for people."""

from __future__ import annotations

import collections


def summary(described: dict, records: list[dict]) -> str:
    """Markdown: one row per DAG with its outcome, its run state and how many tasks ended in which state."""
    lines = [
        f"# Example DAGs under Airflow {described['airflow_version']}",
        "",
        f"{len(records)} DAGs; {_count(records, 'ended')} ended, {_count(records, 'not ended')} did not, "
        f"{_count(records, 'refused')} refused a manual run.",
        "",
        "| DAG | file | outcome | run state | seconds | task instances | XComs |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(record) for record in records]
    missing = [name for name, folder in described["folders"].items() if folder is None]
    if missing:
        lines += ["", f"Not shipped in the installed wheels: {', '.join(missing)}."]
    for file, error in described["import_errors"].items():
        lines += ["", f"Import error in `{file}`:", "", "```", error, "```"]
    return "\n".join(lines) + "\n"


def _count(records: list[dict], outcome: str) -> int:
    return sum(record["outcome"] == outcome for record in records)


def _row(record: dict) -> str:
    states = collections.Counter(str(row["state"]) for row in record["task_instances"])
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    cells = (
        record["dag_id"], f"{record['folder']}/{record['file']}", record["outcome"], record.get("state") or "",
        str(record.get("waited_seconds", "")), told or record.get("reason", "")[:200], str(len(record["xcoms"])),
    )
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
