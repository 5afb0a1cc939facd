"""Plays the steps of a scenario on one side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from steps import Answer, Clear, End, Event, Run, Settle, Step, Unpause, Wait

QUIET_SECONDS = 6
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


class Clock(Protocol):
    """The module `time`, or a test's own."""

    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class Player:
    """Carries out steps one after the other; raises when one of them waits longer than `LIMIT_SECONDS`."""

    def __init__(self, side: Side, kill: Callable[[], None] | None = None, clock: Clock = time) -> None:
        self.side, self.kill, self.clock = side, kill, clock

    def play(self, steps: Iterable[Step]) -> None:
        """All steps; those that do something are counted for the kills, waits are not."""
        done = 0
        for step in steps:
            if not isinstance(step, (Settle, Wait)):
                done += 1
                if self.kill is not None and done % KILL_STEPS == 0:
                    self.kill()
            self._play_one(step)

    def _play_one(self, step: Step) -> None:
        match step:
            case Event():
                self.side.create_event(step)
            case Run():
                self.side.create_run(step)
            case Unpause():
                self.side.unpause(step.dag_id)
            case Wait():
                self._until(lambda: self._has_state(step), str(step))
            case Answer():
                self._until(lambda: self.side.asks(step), str(step))
                self.side.answer(step)
            case End():
                self.side.end(step.dag_id, self._one_run(step.dag_id, step.run)["run_id"])
            case Clear():
                self.side.clear(step.dag_id, step.run_id)
            case Settle():
                self._settle()

    def _settle(self) -> None:
        known, since = None, self.clock.monotonic()

        def quiet() -> bool:
            nonlocal known, since
            now = sorted((run["dag_id"], run["run_id"], run["state"]) for run in self.side.runs())
            if now != known:
                known, since = now, self.clock.monotonic()
            return not _unfinished(now) and self.clock.monotonic() - since > QUIET_SECONDS

        self._until(quiet, "all runs to be over", lambda: _unfinished(known or []))

    def _one_run(self, dag_id: str, word: str) -> dict:
        found = self._matching(dag_id, word)
        if len(found) != 1:
            raise RuntimeError(f"{dag_id}: {len(found)} runs are called or of type {word!r}, and the step means one")
        return found[0]

    def _matching(self, dag_id: str, word: str) -> list[dict]:
        return [run for run in self.side.runs() if run["dag_id"] == dag_id and word in (run["run_id"], run["run_type"])]

    def _has_state(self, step: Wait) -> bool:
        if not self._matching(step.dag_id, step.run):
            return False
        tasks = self.side.tasks(step.dag_id, self._one_run(step.dag_id, step.run)["run_id"])
        return any(task["task_id"] == step.task_id and task["state"] == step.state for task in tasks)

    def _until(self, holds: Callable[[], bool], what: str, left: Callable[[], object] = lambda: "") -> None:
        deadline = self.clock.monotonic() + LIMIT_SECONDS
        while not holds():
            if self.clock.monotonic() > deadline:
                raise RuntimeError(f"waited {LIMIT_SECONDS} s for {what} {left()}")
            self.clock.sleep(1)


def _unfinished(runs: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [run for run in runs if run[2] not in ("success", "failed")]
