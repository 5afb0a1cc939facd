"""Real Airflow's side of a scenario, through its REST API."""

from __future__ import annotations

import datetime
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "airflow-reference"))

from installation import Installation  # noqa: E402
from processes import wait_until  # noqa: E402
from rest import quoted  # noqa: E402
from steps import NOW, Answer, Event, Run  # noqa: E402

OVERRIDES = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
    "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "True",
    # Assets that no schedule names become active at this cleanup, by default once a minute.
    "AIRFLOW__SCHEDULER__PARSING_CLEANUP_INTERVAL": "2",
}
ACTIVE_SECONDS = 120
PERSON_SECONDS = 6


class ReferenceSide:
    """An installation of Airflow that has read the scenario's files; see `player.Side`."""

    name = "airflow"

    def __init__(self, python: pathlib.Path, folder: pathlib.Path) -> None:
        self.one = Installation(python, folder, "sqlite", OVERRIDES)
        self.dags = self.one.home / "dags"

    def start(self, dag_ids: set[str], paused: tuple[str, ...]) -> None:
        """Starts all parts, waits for the DAGs and their assets, and lets those go on that are not paused."""
        self.one.start()
        self.one.wait_for_dags(dag_ids)
        wait_until(lambda: self._assets_are_active(dag_ids), "All assets are active", ACTIVE_SECONDS, self.one.services)
        for dag_id in sorted(dag_ids - set(paused)):
            self.unpause(dag_id)

    def _assets_are_active(self, dag_ids: set[str]) -> bool:
        known = self.one.rest.all("assets", "assets", only_active="false")
        return len(self.one.rest.all("assets", "assets")) == len(known)

    def stop(self) -> None:
        self.one.stop()

    def tail(self) -> str:
        return self.one.log_tails()

    def create_event(self, step: Event) -> None:
        ids = {row["name"]: row["id"] for row in self.one.rest.all("assets", "assets")}
        if step.asset not in ids:
            raise RuntimeError(f"Airflow has no active asset {step.asset!r}; it has {', '.join(sorted(ids))}")
        self.one.rest.post(
            "assets/events", {"asset_id": ids[step.asset], "extra": step.extra, "partition_key": step.key})

    def create_run(self, step: Run) -> None:
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        date = now if step.logical_date == NOW else step.logical_date
        named = {} if step.run_id is None else {"dag_run_id": step.run_id}
        self.one.rest.post(f"dags/{step.dag_id}/dagRuns", named | {
            "logical_date": date, "partition_key": step.key, "conf": step.conf})

    def unpause(self, dag_id: str) -> None:
        self.one.rest.patch(f"dags/{dag_id}", {"is_paused": False})

    def asks(self, step: Answer) -> bool:
        """Whether a task has asked for a while: Airflow fails one that is answered before it has noticed the pause."""
        asked = self.one.rest.all(f"{_path(step.dag_id, step.run_id)}/hitlDetails", "hitl_details")
        return any(row["task_instance"]["task_id"] == step.task_id and _has_waited(row) for row in asked)

    def answer(self, step: Answer) -> None:
        path = f"{_path(step.dag_id, step.run_id)}/taskInstances/{step.task_id}/-1/hitlDetails"
        self.one.rest.patch(path, {"chosen_options": step.options, "params_input": step.params})

    def end(self, dag_id: str, run_id: str) -> None:
        self.one.rest.patch(_path(dag_id, run_id), {"state": "failed"})

    def clear(self, dag_id: str, run_id: str) -> None:
        self.one.rest.post(f"{_path(dag_id, run_id)}/clear", {"dry_run": False})

    def runs(self) -> list[dict]:
        rows = self.one.rest.all("dags/~/dagRuns", "dag_runs")
        return [row | {"run_id": row["dag_run_id"]} for row in rows]

    def tasks(self, dag_id: str, run_id: str) -> list[dict]:
        return self.one.rest.all(f"{_path(dag_id, run_id)}/taskInstances", "task_instances")

    def consumed(self, dag_id: str, run_id: str) -> list[dict]:
        """The events that a run consumes."""
        return self.one.rest.get(f"{_path(dag_id, run_id)}/upstreamAssetEvents")["asset_events"]

    def events(self) -> list[dict]:
        """All events of assets."""
        return self.one.rest.all("assets/events", "asset_events")

    def xcoms(self, dag_id: str, run_id: str) -> list[dict]:
        """All XComs of a run, as they are stored."""
        path = f"{_path(dag_id, run_id)}/taskInstances"
        rows = []
        for entry in self.one.rest.all(f"{path}/~/xcomEntries", "xcom_entries"):
            where = f"{path}/{quoted(entry['task_id'])}/xcomEntries/{quoted(entry['key'])}"
            value = self.one.rest.get(where, map_index=entry["map_index"], deserialize="false")["value"]
            rows.append({name: entry[name] for name in ("task_id", "map_index", "key")} | {"value": value})
        return rows


def _has_waited(asked: dict) -> bool:
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(asked["created_at"])
    return asked["task_instance"]["state"] == "awaiting_input" and age.total_seconds() > PERSON_SECONDS


def _path(dag_id: str, run_id: str) -> str:
    return f"dags/{quoted(dag_id)}/dagRuns/{quoted(run_id)}"
