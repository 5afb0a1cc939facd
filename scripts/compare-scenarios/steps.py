"""The steps of a scenario: each is carried out on both sides, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

NOW = "now"
"""As a logical date: the present of the side that is asked."""


@dataclass(frozen=True)
class Event:
    """Something outside has written an asset."""

    asset: str
    key: str | None = None
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A run by hand. Without a run id the side names it; without a logical date it has none (runs of a partition)."""

    dag_id: str
    run_id: str | None = None
    logical_date: str | None = None
    key: str | None = None
    conf: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Unpause:
    """Lets a DAG go on that the scenario lists as paused: its schedule begins here."""

    dag_id: str


@dataclass(frozen=True)
class Wait:
    """Goes on when a task of a run has a state: the run of this id, or the only one of this type."""

    dag_id: str
    run: str
    task_id: str
    state: str


@dataclass(frozen=True)
class Answer:
    """A person's answer, given as soon as the task asks."""

    dag_id: str
    run_id: str
    task_id: str
    options: list[str]
    params: dict = field(default_factory=dict)


@dataclass(frozen=True)
class End:
    """Ends a run as failed: the run of this id, or the only one of this type."""

    dag_id: str
    run: str


@dataclass(frozen=True)
class Clear:
    """Makes all tasks of a run run again."""

    dag_id: str
    run_id: str


@dataclass(frozen=True)
class Settle:
    """Waits until all runs are over and no new one comes, so that the next step meets the same state on both sides."""


Step = Event | Run | Unpause | Wait | Answer | End | Clear | Settle
