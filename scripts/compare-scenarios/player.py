"""Plays the steps of a scenario on one side."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from steps import Answer, Clear, End, Event, Run, Settle, Step, Unpause, Wait

QUIET_SECONDS = 8
"""Without a change of any run for so long, nothing more is expected."""
LIMIT_SECONDS = 400
"""Bound on what one step waits for."""
KILL_STEPS = 3
"""With --kill, the scheduler is killed before every so many steps."""


class Side(Protocol):
    """What both sides can do. `run` words are run ids or types of runs."""

    def create_event(self, step: Event) -> None: ...
    def create_run(self, step: Run) -> None: ...
    def unpause(self, dag_id: str) -> None: ...
    def answer(self, step: Answer) -> None: ...
    def end(self, dag_id: str, run_id: str) -> None: ...
    def clear(self, dag_id: str, run_id: str) -> None: ...
    def runs(self) -> list[dict]: ...
    def tasks(self, dag_id: str, run_id: str) -> list[dict]: ...
    def asks(self, step: Answer) -> bool: ...


def play(side: Side, steps: list[Step], kill: Callable[[], None] | None = None) -> None:
    """Carries out all steps; raises when one of them waits too long."""
    doing = 0
    for step in steps:
        doing += not isinstance(step, (Settle, Wait))
        if kill is not None and doing % KILL_STEPS == 0 and not isinstance(step, (Settle, Wait)):
            kill()
        _play_one(side, step)


def _play_one(side: Side, step: Step) -> None:
    match step:
        case Event():
            side.create_event(step)
        case Run():
            side.create_run(step)
        case Unpause():
            side.unpause(step.dag_id)
        case Wait():
            _until(lambda: _has_state(side, step), str(step))
        case Answer():
            _until(lambda: side.asks(step), str(step))
            side.answer(step)
        case End():
            side.end(step.dag_id, _one_run(side, step.dag_id, step.run)["run_id"])
        case Clear():
            side.clear(step.dag_id, step.run_id)
        case Settle():
            settle(side)


def settle(side: Side) -> None:
    """Waits until all runs are over and stay so."""
    known, since = None, time.monotonic()

    def quiet() -> bool:
        nonlocal known, since
        now = sorted((run["dag_id"], run["run_id"], run["state"]) for run in side.runs())
        if now != known:
            known, since = now, time.monotonic()
        over = all(state in ("success", "failed") for _, _, state in now)
        return over and time.monotonic() - since > QUIET_SECONDS

    _until(quiet, "all runs to be over", lambda: [run for run in known or [] if run[2] not in ("success", "failed")])


def _one_run(side: Side, dag_id: str, word: str) -> dict:
    found = _matching(side, dag_id, word)
    if len(found) != 1:
        raise RuntimeError(f"{dag_id}: {len(found)} runs are called or of type {word!r}, and the step means one")
    return found[0]


def _matching(side: Side, dag_id: str, word: str) -> list[dict]:
    return [run for run in side.runs() if run["dag_id"] == dag_id and word in (run["run_id"], run["run_type"])]


def _has_state(side: Side, step: Wait) -> bool:
    if not _matching(side, step.dag_id, step.run):
        return False
    tasks = side.tasks(step.dag_id, _one_run(side, step.dag_id, step.run)["run_id"])
    return any(task["task_id"] == step.task_id and task["state"] == step.state for task in tasks)


def _until(holds: Callable[[], bool], what: str, left: Callable[[], object] = lambda: "") -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {LIMIT_SECONDS} s for {what} {left()}")
        time.sleep(1)
