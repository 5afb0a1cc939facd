"""What may differ between two correct runs of an example DAG, and why. Everything else must be equal.

A value that may differ is not skipped: it must still have the form that the rule names.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass

ISO_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")


@dataclass(frozen=True)
class LeftOut:
    """A DAG whose end says nothing about the engine, or that cannot end alone."""

    reason: str


SCENARIOS = "compared by make compare-scenarios"
CONFLICT = LeftOut(
    f"two examples claim s3://output/1.txt under two names: which is active depends on parse order; alone they are {SCENARIOS}"
)

LEFT_OUT = {
    "asset_with_extra_by_context": CONFLICT,
    "asset_with_extra_by_yield": CONFLICT,
    "asset_with_extra_from_classic_operator": CONFLICT,
    "read_asset_event": CONFLICT,
    "read_asset_event_from_classic": CONFLICT,
    "example_external_task_marker_child": LeftOut(
        f"waits for a run of another DAG at its own logical date, which nobody starts; {SCENARIOS}"
    ),
    "example_hitl_operator": LeftOut(f"waits for answers of people; {SCENARIOS}"),
    "example_retry_policy": LeftOut("its retry delay is longer than the bound, and it asks the network"),
    "example_sensors": LeftOut("waits five minutes for files and times of day"),
}


@dataclass(frozen=True)
class ValueRule:
    """An XCom whose value differs from run to run by design.

    `accepts` says which values are of the right form; such a value is replaced by `<name>` before comparing.
    """

    dag_id: str
    task_id: str
    key: str
    name: str
    accepts: Callable[[object], bool]
    reason: str


def integer(low: int, high: int) -> Callable[[object], bool]:
    """A random whole number of a closed range."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def text(pattern: str) -> Callable[[object], bool]:
    """Text that matches a pattern from its first to its last character."""
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def instant(value: object) -> bool:
    """An instant of the clock in ISO 8601."""
    return isinstance(value, str) and ISO_INSTANT.fullmatch(value) is not None


def processed_table(value: object) -> bool:
    """The dictionary that holds a random count and an instant beside what must be equal (see the keys' own rules)."""
    return (
        isinstance(value, dict)
        and value.keys() == {"table", "map_index", "row_count", "processed_at"}
        and integer(100, 10_000)(value["row_count"])
        and instant(value["processed_at"])
    )


CLOCK_RUN_ID = r"manual__\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00"

VALUE_RULES = (
    ValueRule("tutorial", "print_date", "return_value", "output of date",
              text(r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \w+ \d{4}"), "prints the clock"),
    ValueRule("example_bash_decorator", "get_file_stats", "return_value", "birth of a file",
              text(r" Birth: (-|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4})"),
              "the last line of `stat` on the DAG file, which each side has in a folder of its own"),
    ValueRule("example_task_state_store", "run_job", "return_value", "random", integer(100, 10_000), "random.randint"),
    ValueRule("example_task_state_store_mapped", "process_table", "row_count", "random", integer(100, 10_000),
              "random.randint"),
    ValueRule("example_task_state_store_mapped", "process_table", "processed_at", "instant", instant, "the clock"),
    ValueRule("example_task_state_store_mapped", "process_table", "return_value", "table", processed_table,
              "holds a random number and the clock; its stable parts are compared by their own keys"),
    ValueRule("example_asset_state_store_producer", "load", "return_value", "random", integer(100, 5_000),
              "random.randint"),
    ValueRule("example_trigger_controller_dag", "test_trigger_dagrun", "trigger_run_id", "run id",
              text(CLOCK_RUN_ID), "a run triggered without a run id is named by the clock"),
    ValueRule("example_trigger_controller_dag", "test_trigger_dagrun", "_link_TriggerDagRunLink", "link",
              text(rf"<base_url>/dags/example_trigger_target_dag/runs/{CLOCK_RUN_ID}"),
              "the link carries the run id, which is named by the clock"),
)


@dataclass(frozen=True)
class RandomBranch:
    """A branch that picks one of several equal ways at random.

    Tasks are renamed by their part: the way that was followed, and the ways that were not. `ways` lists for each way
    the task that the branch names first, then those behind it.
    """

    dag_id: str
    task_id: str
    ways: tuple[tuple[str, ...], ...]


def ways(*patterns: str) -> tuple[tuple[str, ...], ...]:
    """The four ways a, b, c and d of the branch examples."""
    return tuple(tuple(pattern.format(letter) for pattern in patterns) for letter in "abcd")


RANDOM_BRANCHES = (
    RandomBranch("example_branch_operator", "branching", ways("branch_{}", "follow_{}")),
    RandomBranch("example_branch_operator", "branching_ext_python", ways("ext_py_{}")),
    RandomBranch("example_branch_operator", "branching_venv", ways("venv_{}")),
    RandomBranch("example_branch_python_operator_decorator", "branching", ways("branch_{}", "follow_{}")),
    RandomBranch("example_branch_python_operator_decorator", "branching_ext_python", ways("ext_py_{}")),
    RandomBranch("example_branch_python_operator_decorator", "branching_virtualenv", ways("venv_{}")),
)


@dataclass(frozen=True)
class ClockRule:
    """A DAG that asks the clock: two runs are comparable when the clock gave both the same answer."""

    answer: Callable[[datetime.datetime], object]
    reason: str


CLOCK_RULES = {
    "example_branch_datetime_operator_2": ClockRule(lambda now: now.hour >= 15, "branches by the hour of the clock"),
    "example_weekday_branch_operator": ClockRule(lambda now: now.isoweekday(), "branches by the clock's day of the week"),
}

FRESH_DATES = {
    "example_time_delta_sensor_async": "waits until 30 s after its logical date, so it needs the present as its date",
}
"""DAGs that each side starts with a logical date of its own; the dates of these runs are not compared."""


@dataclass(frozen=True)
class LogRule:
    """A part of a log line that differs from run to run."""

    pattern: re.Pattern[str]
    replacement: str | Callable[[re.Match[str]], str]
    reason: str


def sorted_set(match: re.Match[str]) -> str:
    """The members of a printed set in order; none holds a comma in the examples."""
    return match[1] + ", ".join(sorted(match[2].split(", "))) + match[3]


LOG_RULES = (
    LogRule(re.compile(r"0x[0-9a-f]{8,}"), "0x<address>", "addresses of Python objects"),
    LogRule(re.compile(r"(/[\w.-]+)*/(airflowtmp|venv-call|venv|tmp)[0-9a-z_]{8}\b"), r"<temporary \2>",
            "names of temporary folders"),
    LogRule(re.compile(r"'tmp[0-9a-z_]{8}\.sh'"), r"'<random>.sh'", "the script file of a command that ends in .sh"),
    LogRule(re.compile(r"(<temporary airflowtmp>/\w+?)[0-9a-z_]{8}$"), r"\1<random>", "BashSensor's temporary script"),
    LogRule(re.compile(r"run duration of \d+\.\d+ seconds"), "run duration of <seconds> seconds", "a measured time"),
    LogRule(re.compile(r"Timeout, PID: \d+"), "Timeout, PID: <pid>", "a process id"),
    LogRule(re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d+(\+00:00|Z)?"), "<instant>",
            "instants with fractions are the clock's; logical dates have none and are compared"),
    LogRule(re.compile(r"((?:Following branch|weekday is in) \{)([^}]*)(\})"), sorted_set, "a printed Python set"),
)

LOG_REPEATED = tuple(
    re.compile(text) for text in (
        "Waiting for dag run to complete", "Poking ", "Checking if the time", "Checking if the delta", "Rescheduling task",
    )
)
"""Lines that a waiting task writes at each poke: how often depends on the clock."""

LOG_LINES_LEFT_OUT = tuple(
    re.compile(text) for text in (
        # The examples bring a listener plugin that prints; native operators start no Python to run it in.
        r"Task instance (is )?in \w+ state", r" Previous state of the Task instance: .*", r"Current task name:.*", r"Dag name:.*",
        r"Task operator:.*", r"Failure caused by .*", r"Task instance was skipped", r"Task start", r"Task:.*",
        # Airflow's task has a socket as standard input, so that bash takes itself for a remote shell and reads ~/.bashrc.
        r"\S*\.bashrc: line \d+: .*",
    )
)

CONTEXT = "prints its whole context: ids, instants and addresses"
LOGS_LEFT_OUT = {
    ("example_branch_operator", None): "random branches",
    ("example_branch_python_operator_decorator", None): "random branches",
    ("example_task_state_store", None): "prints random numbers",
    ("example_task_state_store_mapped", None): "prints random numbers",
    ("example_asset_state_store_producer", None): "prints random numbers",
    ("example_asset_state_store_consumer", None): "prints what earlier runs of the producer have stored",
    ("example_local_kubernetes_executor", "task_with_local_executor"): CONTEXT,
    ("example_python_decorator", "print_the_context"): CONTEXT,
    ("example_python_operator", "print_the_context"): CONTEXT,
    ("tutorial_taskflow_templates", "template_test"): CONTEXT,
    ("tutorial", "print_date"): "prints the clock",
}
"""Tasks (or all tasks of a DAG) whose log lines differ from run to run."""
