"""What a task wrote into its log, made comparable.

Compared are, try by try and channel by channel: the lines of operators, hooks and sensors; what the task printed; what
the author's own loggers wrote; and the outcome with its exception. Not compared are the lines of the machinery around
the task (bundles, parsing, groups), source lines and dates.
"""

from __future__ import annotations

import json
import pathlib
import re

from rules import LOG_LINES_LEFT_OUT, LOG_REPEATED, LOG_RULES

OUTCOMES = (
    "Task failed with exception", "Skipping task.", "Task exited", "Pausing task as DEFERRED. ", "Process timed out",
    "Rescheduling task, marking task as UP_FOR_RESCHEDULE", "Dag Run already exists, skipping task", "Process terminated",
    "Triggering Dag Run.", "Dag Run triggered successfully.", "Waiting for dag run to complete execution in allowed state.",
    "DagRun finished with", "Skipping downstream tasks.",
)
"""Lines of the task runner (logger `task`) that tell what became of the task, by their beginning."""

DETAILS = ("reason", "exit_code", "signal", "signal_name")
MACHINERY = ("airflow.", "py.warnings", "root.airflow")


def log_path(folder: pathlib.Path, record: dict, row: dict, try_number: int) -> pathlib.Path:
    """Airflow's default template of log file names."""
    parts = [f"dag_id={record['dag_id']}", f"run_id={record['run_id']}", f"task_id={row['task_id']}"]
    parts += [f"map_index={row['map_index']}"] if row["map_index"] >= 0 else []
    return folder.joinpath(*parts, f"attempt={try_number}.log")


def read_logs(folder: pathlib.Path, record: dict, places: dict[str, str]) -> dict[tuple, object]:
    """The comparable lines by (task_id, map_index, try, channel). A task without a log file has no entry."""
    found: dict[tuple, object] = {}
    for row in record["task_instances"]:
        for try_number in range(1, row["try_number"] + 1):
            path = log_path(folder, record, row, try_number)
            if path.exists():
                for channel, lines in _channels(path, places).items():
                    found[row["task_id"], row["map_index"], f"try {try_number} {channel}"] = lines
    return found


def _channels(path: pathlib.Path, places: dict[str, str]) -> dict[str, list[str]]:
    channels: dict[str, list[str]] = {"lines": []}
    for number, text in enumerate(path.read_text().splitlines(), 1):
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            channels.setdefault("not JSON", []).append(f"line {number}: {text[:200]}")
            continue
        channel = _channel(line)
        if channel is not None and not any(rule.fullmatch(line["event"]) for rule in LOG_LINES_LEFT_OUT):
            lines = channels.setdefault(channel, [])
            shown = _shown(line, places)
            if not (lines and lines[-1] == shown and any(rule.search(shown) for rule in LOG_REPEATED)):
                lines.append(shown)
    return channels


def _channel(line: dict) -> str | None:
    logger = line.get("logger") or ""
    if logger in ("task.stdout", "task.stderr"):
        return logger
    if logger == "task":
        return "outcome" if line["event"].startswith(OUTCOMES) else None
    if logger.startswith("airflow.task."):
        return "lines"
    return None if logger.startswith(MACHINERY) else "author's loggers"


def _shown(line: dict, places: dict[str, str]) -> str:
    parts = [line["level"], _last_name(line.get("logger") or ""), line["event"]]
    parts += [f"{name}={line[name]}" for name in DETAILS if name in line]
    parts += [f"{error['exc_type']}: {error['exc_value']}" for error in line.get("error_detail", [])]
    shown = " | ".join(parts)
    for text, name in places.items():
        shown = shown.replace(text, name)
    for rule in LOG_RULES:
        shown = rule.pattern.sub(rule.replacement, shown)
    return shown


def _last_name(logger: str) -> str:
    """The class or module at the end of a logger's name: a DAG file's module name carries a hash of its path."""
    return re.sub(r"^unusual_prefix_[0-9a-f]{40}_", "", logger).rpartition(".")[2]
