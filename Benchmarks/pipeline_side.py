"""The loads under `pipeline`."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil

from loads import FILES, LOADS, MEMORY, ONE_TASK, Load, write_files
from measure import Usage, measured, median
from runs import figures

LIMIT_SECONDS = 600


class PipelineSide:
    """`pipeline` with one database; each load gets a home of its own."""

    def __init__(self, program: pathlib.Path, python: pathlib.Path, folder: pathlib.Path, new_database) -> None:
        """`new_database()` gives the URL of an empty database, or nothing for SQLite in the home."""
        self.program = program
        self.python = python
        self.folder = folder
        self.new_database = new_database
        self.environment: dict[str, str] = {}

    def measure(self, names: set[str], repeats: int) -> dict[str, dict[str, float | None]]:
        """The figures of the loads that are asked for, each the median of the repeats."""
        found = {}
        for load in LOADS:
            if load.name in names:
                found[load.name] = _medians([self._run(load) for _ in range(repeats)])
        own = {"one_bash": self._one_task, "memory": self._memory, "read_files": self._read_files}
        for name, act in own.items():
            if name in names:
                found[name] = _medians([act() for _ in range(repeats)])
        return found

    def _run(self, load: Load) -> dict[str, float | None]:
        dags, dag_id = self._fresh(load)
        self._pipeline("dags", "list", "--dags", str(dags), "-o", "json")
        usage = self._pipeline("run", dag_id, "--dags", str(dags), "-o", "json")
        start = self._start_cpu_seconds(load)
        measured_figures = figures(
            json.loads(usage.output), load.chain, usage.cpu_seconds - start, usage.wall_seconds)
        return measured_figures | {
            "wall_seconds": usage.wall_seconds, "peak_mebibytes": usage.peak_mebibytes, "start_cpu_seconds": start,
        }

    def _start_cpu_seconds(self, load: Load) -> float:
        """What a run of one such task costs: the start of the program and of its Python, which Airflow's figures, taken
        while its services run, do not hold either."""
        dags, dag_id = self._fresh(dataclasses.replace(load, name=f"{load.name}_start", tasks=1))
        self._pipeline("dags", "list", "--dags", str(dags), "-o", "json")
        return self._pipeline("run", dag_id, "--dags", str(dags), "-o", "json").cpu_seconds

    def _one_task(self) -> dict[str, float | None]:
        """The second `pipeline run` of a DAG of one task: everything is in the cache."""
        dags, dag_id = self._fresh(ONE_TASK)
        self._pipeline("run", dag_id, "--dags", str(dags), "-o", "json")
        usage = self._pipeline("run", dag_id, "--dags", str(dags), "-o", "json")
        return {"wall_milliseconds": usage.wall_seconds * 1000, "cpu_milliseconds": usage.cpu_seconds * 1000}

    def _memory(self) -> dict[str, float | None]:
        """A run whose 10,000 tasks are all active at once, and wait for slots."""
        dags, dag_id = self._fresh(MEMORY)
        self._pipeline("dags", "list", "--dags", str(dags), "-o", "json")
        usage = self._pipeline("run", dag_id, "--dags", str(dags), "-o", "json")
        return {"peak_mebibytes": usage.peak_mebibytes, "wall_seconds": usage.wall_seconds}

    def _read_files(self) -> dict[str, float | None]:
        """A first start on 1000 files, and a second one; the files themselves count how often they are read."""
        self._clear()
        dags, counter = self.folder / "dags", self.folder / "reads"
        write_files(dags, counter, FILES)
        first = self._pipeline("dags", "list", "--dags", str(dags), "-o", "json")
        listed = len(json.loads(first.output))
        reads = counter.stat().st_size
        if (listed, reads) != (FILES, FILES):
            raise RuntimeError(f"{FILES} files: {listed} DAGs listed after {reads} reads")
        second = self._pipeline("dags", "list", "--dags", str(dags), "-o", "json")
        return {
            "first_seconds": first.wall_seconds,
            "first_cpu_seconds": first.cpu_seconds,
            "second_seconds": second.wall_seconds,
            "second_reads": counter.stat().st_size - reads,
        }

    def _fresh(self, load: Load) -> tuple[pathlib.Path, str]:
        self._clear()
        dags = self.folder / "dags"
        return dags, load.write(dags, load.tasks)

    def _clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "PIPELINE"))}
        self.environment = kept | {
            "PIPELINE_HOME": str(self.folder / "home"), "PIPELINE_PYTHON": str(self.python),
            "AIRFLOW_HOME": str(self.folder / "airflow-home"),
        }
        url = self.new_database()
        if url is not None:
            self.environment["PIPELINE_DATABASE_URL"] = url

    def _pipeline(self, *arguments: str) -> Usage:
        usage = measured([str(self.program), *arguments], self.environment, LIMIT_SECONDS)
        if usage.status != 0:
            raise RuntimeError(f"pipeline {' '.join(arguments)} ended with {usage.status}:\n{usage.errors[-2000:]}")
        return usage


def _medians(runs: list[dict[str, float | None]]) -> dict[str, float | None]:
    return {name: median([run[name] for run in runs if run[name] is not None]) for name in runs[0]}
