"""Triggers each DAG once and writes down how it ended."""

from __future__ import annotations

import datetime
import json
import pathlib
import time
from dataclasses import dataclass, field

from installation import Installation
from rest import RESTError, quoted

RUN_FIELDS = (
    "dag_id", "dag_run_id", "state", "run_type", "logical_date", "data_interval_start", "data_interval_end", "run_after",
    "start_date", "end_date", "conf",
)
TASK_FIELDS = (
    "task_id", "map_index", "state", "try_number", "max_tries", "operator", "operator_name", "start_date", "end_date",
    "duration", "pool", "pool_slots", "queue", "priority_weight", "rendered_map_index", "rendered_fields", "note",
)
ENDED = ("success", "failed")


@dataclass
class Pending:
    """A run that was triggered and has not been seen to end."""

    dag: dict
    run_id: str
    triggered: float = field(default_factory=time.monotonic)


class Recorder:
    """Runs DAGs with bounded parallelism and a bound on each, and writes one JSON file for each."""

    def __init__(
        self, installation: Installation, output: pathlib.Path, limit_seconds: float, parallel: int,
        logical_dates: dict[str, str],
    ) -> None:
        """`logical_dates` fixes the logical date of the DAGs that it names; the others get the present second."""
        self.logical_dates = logical_dates
        self.installation = installation
        self.rest = installation.rest
        self.output = output
        self.limit_seconds = limit_seconds
        self.parallel = parallel

    def record(self, dags: list[dict]) -> list[dict]:
        """Gives the record of each DAG, in the order asked for."""
        waiting, running, records = list(dags), [], {}
        while waiting or running:
            while waiting and len(running) < self.parallel:
                dag = waiting.pop(0)
                started = self._trigger(dag)
                if isinstance(started, Pending):
                    running.append(started)
                else:
                    records[dag["dag_id"]] = self._write(started)
            for pending in list(running):
                record = self._look(pending)
                if record is not None:
                    running.remove(pending)
                    records[pending.dag["dag_id"]] = self._write(record)
            for service in self.installation.services:
                service.check()
            time.sleep(1)
        return [records[dag["dag_id"]] for dag in dags]

    def _trigger(self, dag: dict) -> Pending | dict:
        """Starts the one manual run; a DAG that refuses one is recorded with Airflow's reason."""
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0).isoformat()
        logical_date = self.logical_dates.get(dag["dag_id"], now)
        body = {"dag_run_id": f"manual__{logical_date}", "logical_date": logical_date, "conf": {}}
        try:
            run = self.rest.post(f"dags/{quoted(dag['dag_id'])}/dagRuns", body)
        except RESTError as error:
            if error.status >= 500:
                raise
            return dag | {"outcome": "refused", "reason": str(error), "task_instances": [], "xcoms": []}
        return Pending(dag, run["dag_run_id"])

    def _look(self, pending: Pending) -> dict | None:
        path = f"dags/{quoted(pending.dag['dag_id'])}/dagRuns/{quoted(pending.run_id)}"
        run = self.rest.get(path)
        age = time.monotonic() - pending.triggered
        if run["state"] not in ENDED and age < self.limit_seconds:
            return None
        outcome = "ended" if run["state"] in ENDED else "not ended"
        record = pending.dag | {"outcome": outcome, "waited_seconds": round(age, 1)} | self._read(path, run)
        if outcome == "not ended":
            self.rest.patch(path, {"state": "failed"})
        return record

    def _read(self, path: str, run: dict) -> dict:
        record = {name: run.get(name) for name in RUN_FIELDS}
        record["run_id"] = record.pop("dag_run_id")
        rows = self.rest.all(f"{path}/taskInstances", "task_instances")
        record["task_instances"] = sorted(
            ({name: row.get(name) for name in TASK_FIELDS} for row in rows),
            key=lambda row: (row["task_id"], row["map_index"]),
        )
        record["xcoms"] = self._xcoms(path)
        record["other_runs"] = self._other_runs(run)
        return record

    def _xcoms(self, path: str) -> list[dict]:
        """All XComs of a run; the value is what is stored, before any class is made of it again."""
        entries = self.rest.all(f"{path}/taskInstances/~/xcomEntries", "xcom_entries")
        rows = []
        for entry in entries:
            where = f"{path}/taskInstances/{quoted(entry['task_id'])}/xcomEntries/{quoted(entry['key'])}"
            value = self.rest.get(where, map_index=entry["map_index"], deserialize="false")["value"]
            rows.append({name: entry[name] for name in ("task_id", "map_index", "key")} | {"value": value})
        return sorted(rows, key=lambda row: (row["task_id"], row["map_index"], row["key"]))

    def _other_runs(self, run: dict) -> list[dict]:
        """Runs of this DAG that others started, so that a reader sees what may have disturbed it."""
        rows = self.rest.all(f"dags/{quoted(run['dag_id'])}/dagRuns", "dag_runs")
        others = [row for row in rows if row["dag_run_id"] != run["dag_run_id"]]
        return [{name: row.get(name) for name in RUN_FIELDS} for row in others]

    def _write(self, record: dict) -> dict:
        path = self.output / f"{record['dag_id']}.json"
        path.write_text(json.dumps(record, indent=1) + "\n")
        print(f"{record['outcome']:9} {record.get('state') or '-':8} {record.get('waited_seconds', 0):6} s  {record['dag_id']}", flush=True)
        return record
