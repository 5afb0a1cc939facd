"""The same loads under real Airflow, with its own defaults (LocalExecutor)."""

from __future__ import annotations

import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scripts" / "airflow-reference"))

from installation import Installation  # noqa: E402
from rest import quoted  # noqa: E402

from loads import FILES, LOADS, ONE_TASK, Load, write_files  # noqa: E402
from measure import median, tree_cpu_seconds  # noqa: E402
from runs import figures  # noqa: E402

DEFAULTS = {
    "AIRFLOW__CORE__PARALLELISM": "32",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
    "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "True",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "5",
}
"""Airflow's own values, where the recording of the examples has faster ones."""

LIMIT_SECONDS = 900


class AirflowSide:
    """One installation that runs the loads one after the other."""

    def __init__(self, python: pathlib.Path, folder: pathlib.Path, database: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        self.installation = Installation(python, folder, database, DEFAULTS)
        self.dags = self.installation.home / "dags"

    def measure(self, names: set[str], repeats: int) -> dict[str, dict[str, float | None]]:
        """The figures of the loads that are asked for; `memory` is pipeline's own and has no counterpart here."""
        loads = [load for load in (*LOADS, ONE_TASK) if load.name in names]
        # The files are there before the start: the processor lists the folder every five minutes only.
        dag_ids = {load.name: load.write(self.dags, load.airflow_tasks) for load in loads}
        try:
            self.installation.start()
            self.installation.wait_for_dags(set(dag_ids.values()))
            return self._measure(names, loads, dag_ids, repeats)
        finally:
            self.installation.stop()

    def _measure(
        self, names: set[str], loads: list[Load], dag_ids: dict[str, str], repeats: int
    ) -> dict[str, dict[str, float | None]]:
        found = {}
        for load in loads:
            runs = [self._run(load, dag_ids[load.name], number) for number in range(repeats)]
            found[load.name] = {name: median([run[name] for run in runs if run[name] is not None]) for name in runs[0]}
        if "read_files" in names:
            found["read_files"] = self._read_files()
        return found

    def _run(self, load: Load, dag_id: str, number: int) -> dict[str, float | None]:
        rest, path = self.installation.rest, f"dags/{quoted(dag_id)}/dagRuns"
        before, started = self._cpu(), time.monotonic()
        run_id = rest.post(path, {"dag_run_id": f"bench_{number}", "logical_date": None, "conf": {}})["dag_run_id"]
        run = rest.get(f"{path}/{run_id}")
        while run["state"] not in ("success", "failed"):
            if time.monotonic() - started > LIMIT_SECONDS:
                raise RuntimeError(f"Airflow did not end {dag_id} within {LIMIT_SECONDS} s")
            time.sleep(1)
            run = rest.get(f"{path}/{run_id}")
        cpu = self._cpu() - before
        run["task_instances"] = rest.all(f"{path}/{run_id}/taskInstances", "task_instances")
        seconds = figures(run, load.chain, cpu, time.monotonic() - started)
        return seconds | {"wall_milliseconds": seconds["run_seconds"] * 1000}

    def _read_files(self) -> dict[str, float | None]:
        """From the moment that the files are there to the moment that all DAGs are visible.

        The folder is listed every 5 minutes by default, so the files are put in place and the processor is started anew.
        """
        counter = self.installation.folder / "reads"
        write_files(self.dags / "files", counter, FILES)
        started = time.monotonic()
        self.installation.restart("dag-processor")
        self.installation.wait_for_dags({f"bench_file_{number:05d}" for number in range(FILES)}, LIMIT_SECONDS)
        processor = [service.process.pid for service in self.installation.services if service.name == "dag-processor"]
        return {"first_seconds": time.monotonic() - started, "first_cpu_seconds": tree_cpu_seconds(processor)}

    def _cpu(self) -> float:
        """CPU of all parts, the database included, without the dag-processor: its re-reading goes on by a timer."""
        services = [service for service in self.installation.services if service.name != "dag-processor"]
        database = [self.installation.database.service] if self.installation.database.service else []
        return tree_cpu_seconds([service.process.pid for service in services + database])
